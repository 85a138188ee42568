"""Which edits of a class body ask for the class statement as a whole."""

import abc
import dataclasses
import enum
import functools
import typing

import pytest

from livepatch.runtime.kinds import is_generated_from_body


class Plain:
    x = 1


@dataclasses.dataclass
class Data:
    x: int = 1


class Color(enum.Enum):
    RED = 1


class Point(typing.NamedTuple):
    x: int


class Quick(typing.Protocol):
    x: int


class Keys(typing.TypedDict):
    x: int


class Slotted:
    __slots__ = ("x",)


class Abstract(abc.ABC):
    @abc.abstractmethod
    def m(self): ...


@pytest.mark.parametrize(
    ("cls", "attribute", "method"),
    [
        (Plain, False, False),
        (Abstract, False, False),
        (Data, True, True),
        (Quick, True, True),
        (Color, True, False),
        (Point, True, False),
        (Keys, True, False),
        (Slotted, True, False),
    ],
)
def test_a_class_that_is_made_of_its_body_is_made_again(cls, attribute, method):
    assert is_generated_from_body(cls, {"y"}, is_attribute=True) is attribute
    assert is_generated_from_body(cls, {"y"}, is_attribute=False) is method


def test_an_ordered_class_is_made_again_when_one_of_its_comparisons_comes_or_goes():
    @functools.total_ordering
    class Ordered:
        def __lt__(self, other): ...

    assert is_generated_from_body(Ordered, {"__gt__"}, is_attribute=False)
    assert not is_generated_from_body(Ordered, {"other"}, is_attribute=False)
    assert not is_generated_from_body(Plain, {"__gt__"}, is_attribute=False)
