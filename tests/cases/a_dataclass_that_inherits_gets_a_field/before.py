from dataclasses import dataclass


@dataclass
class A:
    a: int = 1


@dataclass
class B(A):
    b: int = 2
