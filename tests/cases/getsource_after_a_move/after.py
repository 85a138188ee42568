# top
import os


def a():
    # comment
    return 1


def b():
    def inner():

        return 2

    return inner
