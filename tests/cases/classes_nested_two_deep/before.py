class Outer:
    class Inner:
        X = 1

        def f(self):
            return "i1"

        class Deep:
            def d(self):
                return "d1"

    def mk(self):
        return self.Inner()
