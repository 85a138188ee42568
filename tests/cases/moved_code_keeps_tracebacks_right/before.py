def before():
    raise ValueError("before")


class C:
    def fail(self):
        raise ValueError("fail")


def make():
    def inner():
        raise ValueError("inner")

    return inner
