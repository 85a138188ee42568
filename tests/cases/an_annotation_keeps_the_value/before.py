CACHE = {}
PLAIN: dict = {}
TWICE = 1
TWICE = 2
OTHER = [1]


class C:
    known = []
    told: list = []
