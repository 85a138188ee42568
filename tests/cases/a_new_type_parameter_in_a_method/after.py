class Box[T, U]:
    def get(self, x: T) -> U:
        return [x]

    def same(self):
        return 1
