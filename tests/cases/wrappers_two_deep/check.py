assert f('x') == 'PQx..'
