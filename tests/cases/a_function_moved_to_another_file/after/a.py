from b import f


def g():
    return f(1)
