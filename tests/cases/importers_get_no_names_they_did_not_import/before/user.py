import lib
from lib import f


def go():
    return f()
