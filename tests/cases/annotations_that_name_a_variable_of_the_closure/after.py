def outer(T):
    def inner(x: T): return x
    return inner
