from typing import Generic, TypeVar

T = TypeVar("T")


class A:
    pass


class Box(A, Generic[T]):
    def get(self):
        return 1
