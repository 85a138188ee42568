class Outer:
    class Inner:
        def go(self):
            return "old"


def make():
    class Local:
        def go(self):
            return "old"

    return Local()
