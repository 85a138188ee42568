def first[T, U](items: list[T], other: U = None) -> T:
    return ("new", items[0])


class Box[T]:
    def get(self, x: T) -> T:
        return ("new", x)

    def put[S](self, x: S) -> S:
        return ("put", x)
