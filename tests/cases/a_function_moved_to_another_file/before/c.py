from a import f


def use():
    return f(3)
