"""Statements that came by changed code without its name: by an instance, by handing it on, by others.

What they bound is looked at. Only plain data can be stale in a way that a call would mend:
whatever holds on to a function calls the new code the next time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import CodeType, ModuleType, NoneType

from livepatch.model import MISSING
from livepatch.runtime import epochs, lookup
from livepatch.source.statement_uses import Use

MAKERS = frozenset(
    {"__init__", "__new__", "__post_init__", "__call__", "__init_subclass__", "__set_name__",
     "__class_getitem__"}
)  # fmt: skip
"""What runs when a class is called, subscripted or inherited from."""
PLAIN = frozenset({int, float, complex, bool, str, bytes, NoneType, range})
DEPTH = 4
FEW = 100  # items of a container that are looked at


def callers(module: ModuleType, code: Collection[str]) -> Iterator[str]:
    """Give the functions of `module` that call one of `code`, dotted names as it writes them.

    A class is among them for what calls as an instance is made.
    """
    wanted = {name.rpartition(".")[2].removesuffix("[]") for name in code}

    def may_call(candidate: CodeType) -> bool:
        return not wanted.isdisjoint(candidate.co_names)

    # Code that picks a version names nothing of what the plain one calls.
    accept = (lambda _: True) if epochs.stacks else may_call
    for function in lookup.local_functions(module, accept):
        names = epochs.plain_code(function).co_names
        path = function.__qualname__
        cls, _, name = path.rpartition(".")
        if any(_leads_to(names, cls, each) for each in code):
            yield path
            if name in MAKERS:
                yield cls


def _leads_to(names: tuple[str, ...], cls: str, target: str) -> bool:
    """Tell whether code that reads `names`, in class `cls`, calls `target`."""
    head, _, last = target.removesuffix("[]").rpartition(".")
    return last in names and (not head or head == cls or head.partition(".")[0] in names)


class Asked:
    """What the statements of `module` ask of instances of classes whose methods changed."""

    def __init__(
        self,
        module: ModuleType,
        code: Mapping[str, Iterable[str]],
        members: Collection[str] = (),
    ) -> None:
        """Take the changed code and members of enumerations, all dotted names.

        Those of the code by their module, the members as `module` writes them.
        """
        self._space = vars(module)
        self.members = frozenset(members)
        self._methods = {
            (source, name) for source, names in code.items() for name in names if "." in name
        }

    def attributes(self) -> frozenset[str]:
        """Give the last parts of the methods that changed."""
        return frozenset(name.rpartition(".")[2] for _, name in self._methods)

    def cause(self, use: Use, code: Iterable[str]) -> str:
        """Give what changed that `use` came by in such a way, empty where there is nothing."""
        for receiver, attribute in use.asked:
            found = self._method_of(receiver, attribute)
            if found:
                return found
        handed = use.passed.intersection(code) or use.read & self.members
        return min(handed) if handed and self.is_data(use) else ""

    def is_data(self, use: Use) -> bool:
        """Tell whether all that `use` bound is plain data."""
        found = list(map(self._find, use.targets))
        return bool(found) and all(value is not MISSING and is_plain(value) for value in found)

    def _method_of(self, receiver: str, attribute: str) -> str:
        """Give the changed method that `receiver` has under `attribute`."""
        if not any(name.endswith(f".{attribute}") for _, name in self._methods):
            return ""
        found = self._find(receiver.removesuffix("()"))
        is_class = lookup.is_class(found)
        if receiver.endswith("()") and not is_class:
            return ""  # what a function gives cannot be told
        for cls in type.__getattribute__(found if is_class else type(found), "__mro__"):
            if attribute in vars(cls):
                name = f"{cls.__qualname__}.{attribute}"
                return name if (cls.__module__, name) in self._methods else ""
        return ""

    def _find(self, path: str) -> object:
        return lookup.static(path, lambda name: self._space.get(name, MISSING))


def is_plain(value: object, depth: int = DEPTH) -> bool:
    """Tell whether `value` is numbers and texts, and nothing that could call a function."""
    kind = type(value)
    if kind in PLAIN:
        return True
    if not depth:
        return False
    if isinstance(value, dict) and kind is dict:
        parts = [part for pair in list(value.items())[:FEW] for part in pair]
    elif isinstance(value, list | tuple | set | frozenset) and kind.__module__ == "builtins":
        parts = list(value)[:FEW]
    else:
        return False
    return all(is_plain(part, depth - 1) for part in parts)
