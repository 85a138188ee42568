class Pool:
    live = []
    limit = 2

    def __init__(self):
        self.live.append(self)

    def count(self):
        return ("old", len(self.live))
