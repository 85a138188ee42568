CACHE: dict[str, int] = {}
PLAIN = {}
TWICE = 2
TWICE: int = 1
OTHER: list[int] = [2]


class C:
    known: list[int] = []
    told = []
