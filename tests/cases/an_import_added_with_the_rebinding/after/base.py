def helper():
    return "old"


def other():
    return "new"


VALUE = other
