class Outer:
    class Inner:
        X = 2
        Y = X + 1

        def f(self):
            return "i2"

        class Deep:
            def d(self):
                return "d2"

    def mk(self):
        return self.Inner()
