class Box[T]:
    def get(self, x: T) -> T:
        return x

    def same(self):
        return 1
