def loud(fn):
    def w(*a):
        return fn(*a) + "?"

    return w


@loud
def f(x):
    return x + x


class C:
    @loud
    def m(self):
        return "mm"
