class C:
    @property
    def x(self):
        """X."""
        return ("new", self._x)

    @x.setter
    def x(self, value):
        self._x = ("new", value)

    @x.deleter
    def x(self):
        self._x = None
