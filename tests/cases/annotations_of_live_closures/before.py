def outer():
    def inner(x: int, y: 'str' = '') -> int: return x
    return inner
