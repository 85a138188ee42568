class Outer:
    class Inner:
        def go(self):
            return "new"


def make():
    class Local:
        def go(self):
            return "new"

    return Local()
