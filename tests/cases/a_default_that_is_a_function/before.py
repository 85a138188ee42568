def helper():
    return "h1"


def run(cb=helper):
    return cb()
