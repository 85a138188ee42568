def make(tag):
    class Local:
        kind = "a"
        gone = 1

        def hi(self):
            return (tag, "old")

        def bye(self):
            return "bye"

    return Local


class Outer:
    def make(self):
        class Inner:
            def f(self):
                return 1

        return Inner


def sentinel(module):
    class Sentinel:
        def __bool__(self):
            return False

    Sentinel.__module__ = module
    return Sentinel()
