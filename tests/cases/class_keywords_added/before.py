class B:
    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        cls.opts = kw
class C(B):
    pass
