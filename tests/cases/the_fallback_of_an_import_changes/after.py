try:
    import not_there_abc as lib
except ImportError:
    lib = "fallback"


def f():
    return lib
