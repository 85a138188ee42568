from dataclasses import dataclass


@dataclass(frozen=True)
class P:
    x: int

    def f(self):
        return "v2"


@dataclass(slots=True)
class Q:
    x: int

    def f(self):
        return "q2"

    def g(self):
        return super().__repr__()[:1]
