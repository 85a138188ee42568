from functools import singledispatch


@singledispatch
def f(x):
    return "any"


@f.register(str)
def of_int(x):
    return "str"


@f.register(list)
def of_list(x):
    return "list"
