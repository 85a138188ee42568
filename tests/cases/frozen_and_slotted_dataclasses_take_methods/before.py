from dataclasses import dataclass


@dataclass(frozen=True)
class P:
    x: int

    def f(self):
        return "v1"


@dataclass(slots=True)
class Q:
    x: int

    def f(self):
        return "q1"

    def g(self):
        return super().__repr__()[:1]
