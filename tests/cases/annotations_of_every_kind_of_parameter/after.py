from typing import get_type_hints
class A:
    def f(self, o: 'A | B', p: int = 0) -> 'B': return o
class B: pass
def g(x: int, *args: bytes, k: 'A' = None, **kw: dict[str, int]) -> list[int]: ...
