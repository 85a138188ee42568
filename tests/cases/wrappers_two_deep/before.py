import functools
def opt(prefix):
    def deco(f):
        @functools.wraps(f)
        def inner(*a):
            @functools.wraps(f)
            def innermost():
                return prefix + f(*a)
            return innermost()
        return inner
    return deco
@opt('p')
@opt('q')
def f(x): return x
