A: int = 1
B: str = "b"


class C:
    a: int = 1
    b: str = "b"
