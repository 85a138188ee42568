class C:
    def __init__(self):
        self.x = 1

    def get(self):
        return ("new", self.x)


def f():
    return "new"
