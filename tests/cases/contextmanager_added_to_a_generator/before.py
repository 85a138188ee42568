import contextlib


def scope():
    yield "old"


@contextlib.contextmanager
def kept():
    yield "old"
