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
