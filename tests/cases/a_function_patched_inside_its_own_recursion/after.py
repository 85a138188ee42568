def down(n, hook):
    if n == 0:
        hook()
        return ["v2"]
    return down(n - 1, hook) + ["v2"]
