def f():
    return "second"


X = 1
