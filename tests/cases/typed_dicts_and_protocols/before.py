from typing import TypedDict, Protocol, runtime_checkable


class T(TypedDict):
    a: int


@runtime_checkable
class P(Protocol):
    def go(self): ...


class Impl:
    def go(self):
        return 1
