class Box[T]:
    def __init__(self, v: T):
        self.v = v

    def get(self) -> T:
        return self.v


def first[T](xs: list[T]) -> T:
    return xs[0]


type Alias = int
