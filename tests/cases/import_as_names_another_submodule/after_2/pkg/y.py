def f():
    return "y2"
