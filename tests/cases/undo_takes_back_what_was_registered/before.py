from functools import singledispatch


@singledispatch
def f(x):
    return "any"


@f.register(int)
def of_int(x):
    return "int"
