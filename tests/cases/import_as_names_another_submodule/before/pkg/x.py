def f():
    return "x1"
