"""What a live function gets beside new code, where that alone does not make it the new one.

The defaults of a function that was defined inside another, its docstring and what it captures are
its own. A `Shape` says what two texts say of them, so that functions can go from one to the other
and back, whenever they are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import CellType, CodeType, FunctionType
from typing import Any

from livepatch.model import MISSING, FunctionState, Write, WriteKind
from livepatch.runtime import epochs, functions


@dataclass(frozen=True, slots=True)
class Side:
    """What one text says of the functions of one code object, compared with another text.

    `literals` are the parameters that have a default, with its value where that is another one,
    and a literal (else MISSING); None where both texts have the same. `computed` are those whose
    default is another expression, which only running it could tell. `captured` is what a
    variable holds that a function captures for the first time.
    """

    literals: Mapping[str, object] | None = None
    computed: frozenset[str] = frozenset()
    captured: Mapping[str, object] = field(default_factory=dict)

    def then(self, later: Side) -> Side:
        """Give what both say, one after the other."""
        captured = {**self.captured, **later.captured}
        if later.literals is None:
            return Side(self.literals, self.computed, captured)
        mine = self.literals or {}
        literals = {
            name: mine.get(name, MISSING) if value is MISSING else value
            for name, value in later.literals.items()
        }
        unknown = (self.computed | later.computed) & literals.keys()
        computed = frozenset(name for name in unknown if literals[name] is MISSING)
        return Side(literals, computed, captured)


@dataclass(frozen=True, slots=True)
class Shape:
    """What functions of one code object get when they are to run another, and on the way back."""

    after: Side = Side()
    before: Side = Side()
    owner: type | None = None

    def reversed(self) -> Shape:
        """Give the way back."""
        return Shape(self.before, self.after, self.owner)

    def is_back_from(self, earlier: Shape) -> bool:
        """Tell whether this is the way back from `earlier`."""
        return self.after is earlier.before and self.before is earlier.after

    def then(self, later: Shape) -> Shape:
        """Give both ways, one after the other."""
        owner = later.owner or self.owner
        return Shape(self.after.then(later.after), later.before.then(self.before), owner)

    def writes_for(
        self,
        function: FunctionType,
        old: CodeType,
        new: CodeType,
        cells: Mapping[str, CellType] | None = None,
    ) -> tuple[list[Write], list[str]]:
        """Give the writes that let `function`, which runs `old`, be one of `new`.

        `cells` are for variables that it has not captured. The second value says what it keeps:
        its body, and then there are no writes, or a default.
        """
        others = {name: CellType(value) for name, value in self.after.captured.items()}
        replacement = functions.Replacement(
            new,
            parts=functions.own_docstring_part(function, old),
            literals=self.after.literals,
        )
        writes, missing = functions.writes_for(
            function, replacement, owner=self.owner, others={**others, **(cells or {})}
        )
        messages = []
        if missing:
            names = ", ".join(missing)
            messages.append(f"a live closure keeps its old body: it never captured {names}")
        elif self.after.computed:
            names = ", ".join(sorted(self.after.computed))
            messages.append(f"a live closure keeps its old default of {names}")
        return writes, messages

    def writes_after(
        self, function: FunctionType, earlier: Iterable[Write], old: CodeType, new: CodeType
    ) -> tuple[list[Write], list[str]]:
        """Give what `writes_for` does, for who will run `old` once `earlier` are carried out."""
        stand_in = _stand_in(function, earlier, old)
        writes, messages = self.writes_for(stand_in, old, new)
        mine = [
            replace(write, target=function) if write.target is stand_in else write
            for write in writes
        ]
        return mine, messages


def _stand_in(function: FunctionType, earlier: Iterable[Write], code: CodeType) -> FunctionType:
    """Give a function of `code` that is otherwise as `function` will be after `earlier`."""
    state = _plain_state(function)
    attributes: dict[str, Any] = {name: getattr(function, name) for name in functions.COPIED}
    for write in earlier:
        if write.target is not function:
            continue
        if isinstance(write.value, FunctionState):
            state = write.value
        elif write.kind is WriteKind.ATTRIBUTE and write.name in functions.COPIED:
            attributes[str(write.name)] = write.value
    made = FunctionType(code, function.__globals__, "", state.defaults, state.closure)
    made.__kwdefaults__ = state.kwdefaults
    vars(made).update(vars(function))
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def _plain_state(function: FunctionType) -> FunctionState:
    stack = epochs.stacks.get(id(function))
    if stack is not None:
        return stack.plain
    return FunctionState(
        function.__code__, function.__closure__, function.__defaults__, function.__kwdefaults__
    )
