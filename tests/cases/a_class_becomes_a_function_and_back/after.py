def Thing(n):
    return ("fn", n)


def use():
    return Thing(3)
