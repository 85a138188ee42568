from base import VALUE


def use():
    return VALUE()
