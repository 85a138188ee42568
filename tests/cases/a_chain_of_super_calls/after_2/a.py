class A:
    def f(self, log): log.append('A')
class B(A):
    def f(self, log):
        log.append('B')
        super().f(log)
class C(A):
    def f(self, log):
        super().f(log)
        log.append('C2')
class D(C, B):
    def f(self, log):
        super().f(log)
        return log
