def f():
    return "y1"
