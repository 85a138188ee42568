class B:
    def __init_subclass__(cls, opt=None):
        super().__init_subclass__()
        cls.opts = opt
class C(B, opt=3):
    pass
