class C:
    def __init__(self): self._x = 1
    def x(self): return 'method'
