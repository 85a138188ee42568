def make(tag):
    class Local:
        """A doc."""

        kind = "b"
        more = {"x": 1}

        def hi(self):
            return (tag, "new")

        def added(self, n=2, *, k=3):
            return (tag, n, k, super().__repr__()[:1])

        @property
        def p(self):
            return self.kind

        @staticmethod
        def s():
            return tag

    return Local


class Outer:
    def make(self):
        class Inner:
            def f(self):
                return self.g()

            def g(self):
                return 2

        return Inner


def sentinel(module):
    class Sentinel:
        def __bool__(self):
            return False

        def other(self):
            return 7

    Sentinel.__module__ = module
    return Sentinel()
