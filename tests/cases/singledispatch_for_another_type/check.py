assert f('') == 'str' and f(1) == 'obj', (f(''), f(1))
