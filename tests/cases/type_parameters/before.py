def first[T](items: list[T]) -> T:
    return ("old", items[0])


class Box[T]:
    def get(self, x: T) -> T:
        return ("old", x)
