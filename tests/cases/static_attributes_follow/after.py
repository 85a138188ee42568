class C:
    def go(self):
        self.b = 1

    def more(self):
        self.c = 1
