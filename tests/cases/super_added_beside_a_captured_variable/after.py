def make(tag):
    class Local:
        def hi(self):
            return (tag, "new", super().__repr__()[:1])

    return Local
