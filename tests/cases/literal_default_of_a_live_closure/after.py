def make(n):
    def step(by=5, *, sign=-1):
        """Step."""
        return n + by * sign

    return step
