def outer():
    def inner(x: str, y: 'bytes' = '') -> list[int]: return x
    return inner
