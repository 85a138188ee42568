x = 'g'
def f():
    return x
def g():
    x = 'l'
    def h(): return x
    return h
