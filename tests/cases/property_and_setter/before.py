class C:
    @property
    def x(self):
        return ("old", self._x)

    @x.setter
    def x(self, value):
        self._x = ("old", value)
