x = 'g'
def f():
    x = 'local'
    return x
def g():
    x = 'l'
    def h():
        global x
        return x
    return h
