assert o.fmt(1) == 'INT' and o.fmt([]) == 'list' and o.fmt(1.0) == 'float'
assert o.fmt('') == 'object', o.fmt('')
