class Thing:
    def __init__(self, n):
        self.n = n


def use():
    return Thing(3)
