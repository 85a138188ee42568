from typing import TypedDict, Protocol, runtime_checkable


class T(TypedDict):
    a: int
    b: str


@runtime_checkable
class P(Protocol):
    def go(self): ...
    def stop(self): ...


class Impl:
    def go(self):
        return 1
