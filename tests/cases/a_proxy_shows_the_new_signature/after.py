import functools
class Proxy:
    def __init__(self, wrapped):
        functools.update_wrapper(self, wrapped)
        self._w = wrapped
    def __call__(self, *a, **k): return self._w(*a, **k)
    def __getattr__(self, n): return getattr(self._w, n)
def deco(f): return Proxy(f)
@deco
def f(a, b=3, c=4):
    "doc"
    return (a, b, c)
