def outer():
    n = 0
    def mid():
        def inner():
            return n
        return inner
    return mid
