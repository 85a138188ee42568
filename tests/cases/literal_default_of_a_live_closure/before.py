def make(n):
    def step(by=1, *, sign=1):
        return n + by * sign

    return step
