class Field:
    def __set_name__(self, owner, name):
        self.name = (owner.__name__, name)

    def __get__(self, instance, owner):
        return self.name


class C:
    a = Field()
    b = Field()
