def f():
    return 'old'
