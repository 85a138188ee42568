def counter(start):
    total = start

    def step(by=1):
        nonlocal total
        total += by
        return ("old", total)

    return step
