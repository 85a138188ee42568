from __future__ import annotations
T = str
def outer():
    def inner(x: T) -> int: return x + 1
    return inner
