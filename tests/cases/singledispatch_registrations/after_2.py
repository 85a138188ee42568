from functools import singledispatch


@singledispatch
def show(x):
    return "any"


@show.register
def _(x: int):
    return "INT"


@show.register(str)
def _s(x):
    return "STR"


@show.register
def _(x: list):
    return "LIST"
