from lib import *


def go():
    return a()
