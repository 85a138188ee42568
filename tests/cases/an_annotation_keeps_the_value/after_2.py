CACHE: dict[str, str] = {}
PLAIN: "dict" = {}
TWICE: int = 1
OTHER: list[int] = [2]


class C:
    known: list[str] = []
    told: tuple = []
