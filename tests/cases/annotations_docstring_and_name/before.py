def f(a: int, b):
    """Old."""
    return a


class C:
    """Old."""

    def m(self) -> int:
        """Old."""
