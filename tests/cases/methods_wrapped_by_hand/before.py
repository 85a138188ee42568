class C:
    def raw(x): return ('raw', x)
    s = staticmethod(raw)
    def craw(cls): return cls.__name__
    c = classmethod(craw)
    p = property(lambda self: 'old')
