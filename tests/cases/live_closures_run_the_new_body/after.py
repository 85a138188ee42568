def counter(start):
    total = start

    def step(by=1):
        nonlocal total
        total += 10 * by
        return ("new", total)

    return step
