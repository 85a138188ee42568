def f():
    return "f1"
