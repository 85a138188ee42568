import functools
def counted(f):
    count = 0
    seen = []
    @functools.wraps(f)
    def w(*a):
        nonlocal count
        count += 1
        seen.append(a)
        return (count, f(*a))
    w.seen = seen
    return w
@counted
def f(x): return x * 2
