from __future__ import annotations
def f(x: int) -> str: return x
class C:
    a: int = 1
