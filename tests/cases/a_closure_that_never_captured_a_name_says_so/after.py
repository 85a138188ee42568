def make(n):
    other = n * 2

    def step():
        return n + other

    return step
