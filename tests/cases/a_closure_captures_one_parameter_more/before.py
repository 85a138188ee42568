def make(a, b=10):
    def one():
        return a

    def two():
        return b

    return one, two
