def outer(T):
    def inner(x: int): return x
    return inner
