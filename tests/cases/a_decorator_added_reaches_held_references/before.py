def loud(fn):
    def w(*a):
        return fn(*a) + "!"

    return w


def f(x):
    return x


class C:
    def m(self):
        return "m"
