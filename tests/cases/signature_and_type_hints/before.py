def f(a: int, b: str = "x") -> int:
    return a
