from .b import g
from . import b


def f():
    return "f" + g() + b.g()
