RATE = 2


def value():
    return ("new", RATE)
