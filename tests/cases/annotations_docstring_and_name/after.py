def f(a: str, b: "C" = None) -> bool:
    """New."""
    return a


class C:
    """New."""

    def m(self) -> str:
        """New."""
