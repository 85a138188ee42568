def make(tag):
    class Local(dict):
        kind = tag * 2

        def hi(self):
            return (tag, "newest")

    return Local


class Outer:
    def make(self):
        class Inner:
            def f(self):
                return 3

        return Inner


def sentinel(module):
    class Sentinel:
        def __bool__(self):
            return False

        def other(self):
            return 8

    Sentinel.__module__ = module
    return Sentinel()
