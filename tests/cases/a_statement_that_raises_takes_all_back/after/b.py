import a


class C:
    n = 2

    def g(self):
        return 'new'


BAD = a.NEW / 0
