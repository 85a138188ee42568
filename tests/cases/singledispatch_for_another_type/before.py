from functools import singledispatch
@singledispatch
def f(x): return 'obj'
@f.register(int)
def f_int(x): return 'int'
