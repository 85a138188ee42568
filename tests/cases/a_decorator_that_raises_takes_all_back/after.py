def deco(fn):
    raise ValueError("no")


@deco
def f():
    return "f2"


@deco
def g():
    return "g"
