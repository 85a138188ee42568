from __future__ import annotations


def f(x: Later):
    return x


def g(x: Nowhere):
    return x
