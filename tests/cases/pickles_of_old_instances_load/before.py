class C:
    def __init__(self):
        self.x = 1

    def get(self):
        return ("old", self.x)


def f():
    return "old"
