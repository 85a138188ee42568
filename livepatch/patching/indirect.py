"""Statements that came by changed code without its name: by an instance, by handing it on, by others.

What they bound is looked at. Only plain data can be stale in a way that a call would mend:
whatever holds on to a function calls the new code the next time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import CodeType, FunctionType, ModuleType, NoneType

from livepatch.model import MISSING
from livepatch.patching.caches import Cache
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


def callers(module: ModuleType, changed: Collection[str]) -> Iterator[tuple[str, FunctionType]]:
    """Give the functions of `module` that call or read one of `changed`, with their paths.

    These are names of functions and values, dotted ones too, as the module writes them. A class
    is among the callers for what runs as an instance is made.
    """
    wanted = {name.rpartition(".")[2].removesuffix("[]") for name in changed}

    def may_lead(candidate: CodeType) -> bool:
        return not wanted.isdisjoint(_names_in(candidate))

    # Code that picks a version names nothing of what the plain one calls.
    accept = (lambda _: True) if epochs.stacks else may_lead
    for function in lookup.local_functions(module, accept):
        names = _names_in(epochs.plain_code(function))
        path = function.__qualname__
        cls, _, name = path.rpartition(".")
        if any(_leads_to(module, names, cls, each) for each in changed):
            yield path, function
            if name in MAKERS:
                yield cls, function


def _names_in(code: CodeType) -> set[str]:
    """Give the names of globals and attributes that `code` uses, in functions inside it too."""
    found = set(code.co_names)
    for const in code.co_consts:
        if isinstance(const, CodeType):
            found |= _names_in(const)
    return found


def _leads_to(module: ModuleType, names: set[str], cls: str, target: str) -> bool:
    """Tell whether code that uses `names`, in class `cls`, comes by `target`."""
    head, _, last = target.removesuffix("[]").rpartition(".")
    if last not in names:
        return False
    if not head or head == cls or head.partition(".")[0] in names:
        return True
    own = lookup.resolve_class(module, cls.split(".")) if cls else None
    space = vars(module)
    known = [space[name] for name in names if name in space]
    return any(
        base.__qualname__ == head
        for kind in [own, *map(type, known)]
        if kind is not None
        for base in type.__getattribute__(kind, "__mro__")
    )


def kept_answers(module: ModuleType, path: str) -> int:
    """Give how many answers a cache keeps around what stands at `path` in `module`."""
    value = lookup.static(path, lambda name: vars(module).get(name, MISSING))
    found = [each for each in lookup.reach(value) if type(each) is Cache]
    return sum(cache.cache_info().currsize for cache in found)


class Asked:
    """What the statements of `module` ask of instances of classes whose methods changed."""

    def __init__(
        self,
        module: ModuleType,
        code: Mapping[str, Iterable[str]],
        callers: Mapping[str, Iterable[str]],
        members: Collection[str] = (),
    ) -> None:
        """Take the changed code, what uses changed things, and members of enumerations.

        All are dotted names: of the first two by their module, the members as `module` writes
        them.
        """
        self._space = vars(module)
        self.members = frozenset(members)
        self._methods = _methods(code)
        self._callers = _methods(callers)

    def attributes(self) -> frozenset[str]:
        """Give the last parts of the methods that changed, or use what did."""
        return frozenset(name.rpartition(".")[2] for _, name in self._methods | self._callers)

    def cause(self, use: Use, code: Iterable[str]) -> str:
        """Give what changed that `use` came by in such a way, empty where there is nothing."""
        found = self._asked_for(use, self._methods)
        if found:
            return found
        handed = use.passed.intersection(code) or use.read & self.members
        return min(handed) if handed and self.is_data(use) else ""

    def caller(self, use: Use) -> str:
        """Give what uses changed things, and was asked for by `use`; empty where nothing was."""
        return self._asked_for(use, self._callers)

    def is_data(self, use: Use) -> bool:
        """Tell whether all that `use` bound is plain data."""
        found = list(map(self._find, use.targets))
        return bool(found) and all(value is not MISSING and is_plain(value) for value in found)

    def _asked_for(self, use: Use, methods: set[tuple[str, str]]) -> str:
        """Give one of `methods` that `use` asks an object for."""
        found = (self._method_of(*each, methods) for each in use.asked)
        return next(filter(None, found), "")

    def _method_of(self, receiver: str, attribute: str, methods: set[tuple[str, str]]) -> str:
        """Give the one of `methods` that `receiver` has under `attribute`."""
        if not any(name.endswith(f".{attribute}") for _, name in methods):
            return ""
        found = self._find(receiver.removesuffix("()"))
        is_class = lookup.is_class(found)
        if receiver.endswith("()") and not is_class:
            return ""  # what a function gives cannot be told
        for cls in type.__getattribute__(found if is_class else type(found), "__mro__"):
            if attribute in vars(cls):
                name = f"{cls.__qualname__}.{attribute}"
                return name if (cls.__module__, name) in methods else ""
        return ""

    def _find(self, path: str) -> object:
        return lookup.static(path, lambda name: self._space.get(name, MISSING))


def _methods(names: Mapping[str, Iterable[str]]) -> set[tuple[str, str]]:
    """Give those of `names` that stand in classes, with their module."""
    return {(source, name) for source, found in names.items() for name in found if "." in name}


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
