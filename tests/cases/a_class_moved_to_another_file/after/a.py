from b import C


def mk():
    return C()
