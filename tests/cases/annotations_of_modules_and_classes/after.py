B: str = "b"
D: list = []


class C:
    b: str = "b"
    d: list = None
