"""Statements that came by changed code without its name: by an instance, by handing it on, by others.

What they bound is looked at. Only plain data can be stale in a way that a call would mend:
whatever holds on to a function calls the new code the next time.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType, NoneType
from typing import Any

from livepatch.model import MISSING
from livepatch.patching.caches import Cache
from livepatch.runtime import epochs, instructions, lookup
from livepatch.source.statement_uses import Use

MAKERS = frozenset(
    {"__init__", "__new__", "__post_init__", "__call__", "__init_subclass__", "__set_name__",
     "__class_getitem__"}
)  # fmt: skip
"""What runs when a class is called, subscripted or inherited from."""
PLAIN = frozenset({int, float, complex, bool, str, bytes, NoneType, range})
DEPTH = 4
FEW = 100  # items of a container that are looked at
CALLING = frozenset({functools.partial, MethodType})
TABLES = frozenset({dict, list, tuple})
READS = instructions.opcodes(
    {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS", "IMPORT_FROM"}
)
MAKE_CLASSES = ("__new__", "__init__", "__prepare__")


class Code(defaultdict[str, set[str]]):
    """Dotted names of functions and classes by their module, taken in with `add`.

    What is asked for again and again, for each module, is kept: the methods that operators come
    by (`operators`, pairs of module and name), and the last parts of methods and of all names.
    """

    def __init__(self) -> None:
        """Have no name."""
        super().__init__(set)
        self.operators: set[tuple[str, str]] = set()
        self.attributes: set[str] = set()
        self.last_parts: set[str] = set()

    def add(self, module: str, names: Collection[str]) -> None:
        """Take in the `names` of `module`."""
        self[module].update(names)
        for name in names:
            owner, _, last = name.rpartition(".")
            self.last_parts.add(last)
            if owner:
                self.attributes.add(last)
                if _is_special(last):
                    self.operators.add((module, name))


def callers(
    module: ModuleType, changed: Collection[str], known: Collection[str]
) -> Iterator[tuple[str, FunctionType]]:
    """Give the functions of `module` that call or read one of `changed`, with their paths.

    These are names of functions and values, dotted ones too, as the module writes them. A class
    is among the callers for what runs as an instance is made. Paths in `known` are left out.
    """
    wanted = {name.rpartition(".")[2].removesuffix("[]") for name in changed}

    def may_lead(candidate: CodeType) -> bool:
        return not wanted.isdisjoint(_names_in(candidate))

    # Code that picks a version names nothing of what the plain one calls.
    accept = (lambda _: True) if epochs.stacks else may_lead
    for function in lookup.local_functions(module, accept):
        code = epochs.plain_code(function)
        path = _path_of(function, module)
        cls, _, name = path.rpartition(".")
        both = (path, cls) if name in MAKERS else (path,)
        news = [each for each in both if each not in known]
        names = _names_in(code) if news else set()
        if news and any(_leads_to(module, code, names, cls, each) for each in changed):
            yield from ((each, function) for each in news)


def _path_of(function: FunctionType, module: ModuleType) -> str:
    """Give the path of `function`, which is its name for a lambda that is bound to one."""
    path = function.__qualname__
    if path != "<lambda>":
        return path
    return next((name for name, value in vars(module).items() if value is function), path)


def other_names(module: ModuleType, *functions: Code) -> Iterator[str]:
    """Give names of `module` for what calls one of `functions`.

    Those are other names of them, partial functions, bound methods, and `name[]` for tables of
    functions. Other objects hold functions for reasons of their own.
    """
    for name, value in list(vars(module).items()):
        kind = type(value)
        if kind is FunctionType:
            found = [] if _path_of(value, module) == name else [value]
        elif kind in CALLING:
            found = lookup.functions_in(value, lambda _: True)
        elif kind in TABLES and len(value) <= FEW:
            items = value.values() if kind is dict else value
            found = [item for item in items if type(item) is FunctionType]
        else:
            continue
        for function in found:
            path, home = function.__qualname__, function.__module__
            if any(path in table.get(home, ()) for table in functions):
                yield f"{name}[]" if kind in TABLES else name


def _all_code(code: CodeType) -> Iterator[CodeType]:
    """Give `code` and that of the functions inside it."""
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _all_code(const)


def _names_in(code: CodeType) -> set[str]:
    """Give the names of globals and attributes that `code` uses, in functions inside it too."""
    return {name for each in _all_code(code) for name in each.co_names}


def _reads(code: CodeType, name: str) -> bool:
    """Tell whether `code` reads the global `name`; an attribute may have that name as well."""
    return any(
        name in each.co_names and name in instructions.names_in(each, READS)
        for each in _all_code(code)
    )


def _leads_to(
    module: ModuleType, code: CodeType, names: set[str], cls: str, target: str
) -> bool:
    """Tell whether `code`, in class `cls`, which uses `names`, comes by `target`."""
    head, _, last = target.removesuffix("[]").rpartition(".")
    if last not in names:
        return False
    if not head:
        return _reads(code, last)
    if head == cls or head.partition(".")[0] in names:
        return True
    own = lookup.resolve_class(module, cls.split(".")) if cls else None
    space = vars(module)
    known = [space[name] for name in names if name in space]
    return any(
        base.__qualname__ == head
        for kind in [own, *map(type, known)]
        if kind is not None
        for base in _order_of(kind)
    )


def kept_answers(module: ModuleType, path: str) -> int:
    """Give how many answers a cache keeps around what stands at `path` in `module`."""
    value = lookup.static(path, lambda name: vars(module).get(name, MISSING))
    found = [each for each in lookup.reach(value) if type(each) is Cache]
    return sum(cache.cache_info().currsize for cache in found)


class Asked:
    """What the statements of `module` ask of instances of classes whose methods changed."""

    def __init__(
        self, module: ModuleType, code: Code, callers: Code, objects: Collection[str] = ()
    ) -> None:
        """Take the changed code, what uses changed things, and objects that answer otherwise.

        The objects are dotted names as `module` writes them.
        """
        self._space = vars(module)
        self._code = code
        self._callers = callers
        self._objects = frozenset(objects)

    def names(self) -> frozenset[str]:
        """Give the names of instances that answer an operator by what changed, or uses it."""
        special = self._code.operators | self._callers.operators
        owners = {(source, name.rpartition(".")[0]) for source, name in special}
        if not owners:
            return frozenset()
        return frozenset(
            name
            for name, value in list(self._space.items())
            if any((c.__module__, c.__qualname__) in owners for c in _order_of(type(value)))
        )

    def attributes(self) -> set[str]:
        """Give the last parts of the methods that changed, or use what did."""
        return self._code.attributes | self._callers.attributes

    def last_parts(self) -> set[str]:
        """Give the last parts of all that changed, or uses what did."""
        return self._code.last_parts | self._callers.last_parts

    def cause(self, use: Use, code: Iterable[str]) -> str:
        """Give what changed that `use` came by in such a way, empty where there is nothing."""
        found = self._asked_for(use, self._code) or self._maker(use)
        if found:
            return found
        handed = use.passed.intersection(code) or use.read & self._objects
        found = min(handed, default="") or self._operator(use, self._code)
        return found if found and self.is_data(use) else ""

    def caller(self, use: Use) -> str:
        """Give what uses changed things, and was asked for by `use`; empty where nothing was."""
        return self._asked_for(use, self._callers) or self._operator(use, self._callers)

    def _maker(self, use: Use) -> str:
        """Give what changed and runs as a class with the bases or the metaclass of `use` is made."""
        for live in filter(lookup.is_class, map(self.find, use.bases)):
            metaclass = live if issubclass(live, type) else type(live)
            makers = [(cls, name) for cls in _order_of(metaclass) for name in MAKE_CLASSES]
            for cls, name in [
                *((cls, "__init_subclass__") for cls in _order_of(live)),
                *makers,
            ]:
                path = f"{cls.__qualname__}.{name}"
                if path in self._code.get(cls.__module__, ()):
                    return path
        return ""

    def _operator(self, use: Use, code: Code) -> str:
        """Give the method in `code` by which an operand of `use` answers."""
        if not code.operators:
            return ""
        kinds: list[type] = [type(self.find(path)) for path in use.operands]
        owners = {
            (cls.__module__, cls.__qualname__) for kind in kinds for cls in _order_of(kind)
        }
        found = [
            name
            for source, name in code.operators
            if (source, name.rpartition(".")[0]) in owners
        ]
        return min(found, default="")

    def is_data(self, use: Use) -> bool:
        """Tell whether all that `use` bound is plain data; of a `def`, whether its defaults are."""
        found = list(map(self.find, use.targets))
        for index, value in enumerate(found):
            if type(value) is FunctionType and value.__qualname__ == use.targets[index]:
                found[index] = value.__defaults__
        return bool(found) and all(value is not MISSING and is_plain(value) for value in found)

    def is_value(self, use: Use) -> bool:
        """Tell whether something that `use` bound is its contents: no function, class or the like.

        Whoever holds something else holds the same object as after a fresh start.
        """
        found = map(self.find, use.targets)
        return any(is_plain(v) or type(v).__eq__ is not object.__eq__ for v in found)

    def _asked_for(self, use: Use, code: Code) -> str:
        """Give the method in `code` that `use` asks an object for."""
        found = (self._method_of(*each, code) for each in use.asked)
        return next(filter(None, found), "")

    def _method_of(self, receiver: str, attribute: str, code: Code) -> str:
        """Give the method in `code` that `receiver` has under `attribute`."""
        if attribute not in code.attributes:
            return ""
        found: Any = self.find(receiver.removesuffix("()"))
        is_class = lookup.is_class(found)
        if receiver.endswith("()") and not is_class:
            return ""  # what a function gives cannot be told
        for cls in _order_of(found if is_class else type(found)):
            if attribute in vars(cls):
                name = f"{cls.__qualname__}.{attribute}"
                return name if name in code.get(cls.__module__, ()) else ""
        return ""

    def find(self, path: str) -> object:
        """Give what `path` leads to in the module, MISSING where it leads nowhere."""
        return lookup.static(path, lambda name: self._space.get(name, MISSING))


def _is_special(name: str) -> bool:
    """Tell whether an operator or a builtin function asks an instance for the method `name`."""
    return name.startswith("__") and name.endswith("__") and name not in MAKERS


def _order_of(cls: type) -> tuple[type, ...]:
    return type.__getattribute__(cls, "__mro__")  # type: ignore[no-any-return]


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
