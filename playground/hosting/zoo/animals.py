"""The animals that `watched.py` keeps."""


class Animal:
    def __init__(self, kind):
        self.kind = kind

    def says(self):
        return f"the {self.kind} says hello"  # change this line
