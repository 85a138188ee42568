def f():
    return 'new'
