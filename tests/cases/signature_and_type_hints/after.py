def f(a: str, *, c: float = 1.5, **kw) -> list:
    return a
