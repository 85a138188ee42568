def make():
    class L:
        def f(self, x: bytes, y: int = 3): return (x, y)
    return L
