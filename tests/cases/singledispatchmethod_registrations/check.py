assert o.fmt(1) == 'INT' and o.fmt('') == 'str' and o.fmt(1.0) == 'obj'
