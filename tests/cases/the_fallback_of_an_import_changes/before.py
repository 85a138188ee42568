try:
    import not_there_abc as lib
except ImportError:
    lib = None


def f():
    return lib
