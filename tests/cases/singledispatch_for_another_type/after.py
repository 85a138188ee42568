from functools import singledispatch
@singledispatch
def f(x): return 'obj'
@f.register(str)
def f_int(x): return 'str'
