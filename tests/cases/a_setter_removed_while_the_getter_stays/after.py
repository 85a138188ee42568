class C:
    @property
    def x(self):
        """New."""
        return "new"
