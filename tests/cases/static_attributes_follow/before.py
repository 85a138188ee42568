class C:
    def go(self):
        self.a = 1
