def f():
    return "b2"
