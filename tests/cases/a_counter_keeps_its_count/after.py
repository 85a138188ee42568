COUNT = 0


def bump():
    global COUNT
    COUNT += 10
    return COUNT
