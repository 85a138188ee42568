class C:
    @property
    def x(self):
        return 1

    @x.setter
    def x(self, value):
        pass

    def y(self):
        return 1
