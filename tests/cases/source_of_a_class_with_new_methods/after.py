class A:
    """Doc."""
    def zero(self):
        return 0

    def one(self):
        """One, changed."""
        return 1
