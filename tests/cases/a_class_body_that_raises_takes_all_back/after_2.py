class C:
    x = 5

    def f(self):
        return "f2"
