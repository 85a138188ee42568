def f(x: int) -> str: return x
class C:
    a: int = 1
