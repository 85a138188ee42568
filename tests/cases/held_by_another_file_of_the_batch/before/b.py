def f():
    return "b1"
