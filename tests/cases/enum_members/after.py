import enum


class Color(enum.Enum):
    RED = 1
    BLUE = 2
    GREEN = 3

    def show(self):
        return ("new", self.name)
