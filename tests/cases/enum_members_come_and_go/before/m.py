import enum


class Color(enum.Enum):
    RED = 1
    BLUE = 2

    def label(self):
        return self.name
