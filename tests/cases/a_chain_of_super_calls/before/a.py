class A:
    def f(self, log): log.append('A')
class B(A):
    def f(self, log):
        log.append('B')
        super().f(log)
class C(A):
    def f(self, log):
        log.append('C')
        super().f(log)
class D(B, C):
    def f(self, log):
        super().f(log)
        return log
