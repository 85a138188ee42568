from typing import get_type_hints
class A:
    def f(self, o: 'B') -> 'A': return o
class B: pass
def g(x: int, *args: str, k: float = 1.0, **kw: bytes) -> None: ...
