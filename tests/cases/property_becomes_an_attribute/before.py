class C:
    @property
    def v(self):
        return "p"
