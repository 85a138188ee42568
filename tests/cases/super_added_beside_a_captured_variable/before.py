def make(tag):
    class Local:
        def hi(self):
            return (tag, "old")

    return Local
