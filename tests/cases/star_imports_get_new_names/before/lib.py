def a():
    return 1


_hidden = 1
