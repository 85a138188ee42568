import enum


class Color(enum.Enum):
    RED = 1
    GREEN = 3

    def label(self):
        return self.name + "!"
