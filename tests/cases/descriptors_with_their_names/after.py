class Field:
    def __init__(self, default=None): self.default = default
    def __set_name__(self, owner, name): self.owner, self.name = owner, name
    def __get__(self, o, t=None): return self if o is None else (self.name, o.__dict__.get(self.name, self.default))
    def __set__(self, o, v): o.__dict__[self.name] = v
class C:
    a = Field(1)
    b = Field(3)
    d = Field(4)
