import typing


@typing.overload
def f(x: bytes) -> bytes: ...
@typing.overload
def f(x: int) -> int: ...
@typing.overload
def f(x: str) -> str: ...
def f(x):
    return ("new", x)
