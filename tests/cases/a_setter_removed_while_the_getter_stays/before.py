class C:
    @property
    def x(self):
        return "old"

    @x.setter
    def x(self, value):
        self.y = value
