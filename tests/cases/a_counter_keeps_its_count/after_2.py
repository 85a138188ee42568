COUNT = 100


def bump():
    global COUNT
    COUNT += 10
    return COUNT
