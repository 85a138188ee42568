import enum


class S(enum.StrEnum):
    A = "a"
    B = "b"
