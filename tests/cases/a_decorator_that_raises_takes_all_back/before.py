def deco(fn):
    return fn


@deco
def f():
    return "f1"
