def f(a, /, *rest, k=1, **kw):
    return (a, rest, k, kw)
