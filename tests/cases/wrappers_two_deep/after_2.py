import functools
def opt(prefix):
    def deco(f):
        @functools.wraps(f)
        def inner(*a):
            @functools.wraps(f)
            def innermost():
                return prefix.upper() + f(*a) + '.'
            return innermost()
        return inner
    return deco
@opt('p')
@opt('z')
def f(x): return x * 2
