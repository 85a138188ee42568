class Thing:
    def __init__(self, n):
        self.n = n * 2


def use():
    return Thing(3)
