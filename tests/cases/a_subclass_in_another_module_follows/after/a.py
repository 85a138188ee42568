class A:
    def f(self):
        return "A"

    def h(self):
        return "h"
