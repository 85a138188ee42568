from b import value


def go():
    return value()
