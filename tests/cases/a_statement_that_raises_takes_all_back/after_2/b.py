class C:
    n = 2

    def g(self):
        return 'new'
