class C:
    def f(self):
        return "c1"


def mk():
    return C()
