def down(n, hook):
    if n == 0:
        hook()
        return ["v1"]
    return down(n - 1, hook) + ["v1"]
