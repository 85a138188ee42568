def make(n):
    other = n * 2
    del other

    def step():
        return n

    return step
