from m import Color


def red(c):
    return c is Color.RED
