from middle import RATE as rate, f


def total():
    return rate, f()
