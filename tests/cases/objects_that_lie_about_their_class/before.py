class Claims:
    """Says that it is what it was made for."""

    def __init__(self, kind):
        self.kind = kind

    @property
    def __class__(self):
        if self.kind is None:
            raise RuntimeError("there is nothing behind this yet")
        return self.kind


def f():
    return "old"


unbound = Claims(None)
cls, function, module = Claims(type), Claims(type(f)), Claims(type(__builtins__))
