def helper():
    return "h3"


def other():
    return "o"


def run(cb=other):
    return cb()
