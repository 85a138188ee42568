class Box[T, U]:
    def __init__(self, v: T):
        self.v = v

    def get(self) -> T:
        return [self.v]


def first[T, V](xs: list[T]) -> T:
    return xs[-1]


type Alias = str
