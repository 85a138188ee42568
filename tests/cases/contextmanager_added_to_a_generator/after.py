import contextlib


@contextlib.contextmanager
def scope():
    yield "new"


@contextlib.contextmanager
def kept():
    yield "new"
