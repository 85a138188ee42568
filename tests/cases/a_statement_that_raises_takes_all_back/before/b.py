class C:
    n = 1

    def g(self):
        return 'old'
