class C:
    x = undefined_thing

    def f(self):
        return "f2"
