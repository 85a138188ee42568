class C:
    def raw(x): return ('RAW', x)
    s = staticmethod(raw)
    def craw(cls): return cls.__name__ * 2
    c = classmethod(craw)
    p = property(lambda self: 'new')
