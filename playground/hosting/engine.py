"""The file that `hotswap.py` runs."""


def f1():
    return "suck"  # change this line


def f2():
    return "squeeze"
