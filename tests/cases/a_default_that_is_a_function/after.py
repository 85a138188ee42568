def helper():
    return "h2"


def run(cb=helper):
    return cb()
