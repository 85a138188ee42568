RATE = 1


def value():
    return ("old", RATE)
