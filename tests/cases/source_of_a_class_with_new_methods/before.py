class A:
    """Doc."""
    def one(self):
        """One."""
        return 1
