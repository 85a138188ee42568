def make(a, b=10):
    def one():
        return (a, b)

    def two():
        return b

    return one, two
