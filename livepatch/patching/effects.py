"""What executing a statement does to objects that outlive it, recorded so that it can be taken back.

Attributes and items that it assigns (`f.limit = 3`, `TABLE["a"] = g`), and entries that its
decorators add to the dicts and lists they name (`REGISTRY[name] = function`).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any

from livepatch.model import MISSING, Write, WriteKind
from livepatch.runtime import classes, lookup

Get = Callable[[str], Any]
MANY = 10_000  # entries of a dict beyond which it is no registry of decorators
CONTAINERS = frozenset({dict, list})
UNKNOWN = object()


class Effects:
    """The state of what one statement may change, before it is executed."""

    def __init__(self, node: ast.stmt, get: Get) -> None:
        """Look at what `node` assigns to, and at the dicts that its decorators name.

        `get` gives what a name leads to, MISSING where it leads nowhere.
        """
        self._name = getattr(node, "name", "")
        self._places = [(*place, _value_at(*place)) for place in _assigned(node, get)]
        known = {id(each): each for each in named_containers(node, get)}.values()
        self._registries = [(each, dict(each)) for each in known if type(each) is dict]
        self._lists = [(each, list(each)) for each in known if type(each) is list]

    def inverse(self) -> list[Write]:
        """Give the writes that take back what has changed since."""
        writes = [
            Write(kind, target, name, before)
            for kind, target, name, before in self._places
            if _value_at(kind, target, name) is not before
        ]
        for registry, entries in self._registries:
            writes += [
                write
                for write in restoring(registry, entries)
                if self._is_of_definition(registry.get(write.name))
            ]
        for members, before in self._lists:
            if not any(map(self._is_of_definition, before)):  # it was put in for the first time
                writes += [
                    Write(WriteKind.MEMBER, members, each, MISSING)
                    for each in members[len(before) :]
                    if is_key(each) and self._is_of_definition(each)
                ]
        return writes

    def _is_of_definition(self, value: object) -> bool:
        """Tell whether an entry leads to what was defined; threads may have made others."""
        return any(
            found.__name__ == self._name
            for found in lookup.reach(value)
            if type(found) is FunctionType or lookup.is_class(found)
        )


def is_key(value: object) -> bool:
    """Tell whether `value` can be the name of a write."""
    try:
        hash(value)
    except TypeError:
        return False
    return True


def restoring(mapping: Mapping[Any, object], before: Mapping[Any, object]) -> list[Write]:
    """Give the writes that make `mapping` what it was, from a copy that was taken `before`."""
    now = dict(mapping)  # at once: other threads may write to it
    return [
        Write(WriteKind.ITEM, mapping, key, before.get(key, MISSING))
        for key in {**before, **now}
        if before.get(key, MISSING) is not now.get(key, MISSING)
    ]


Place = tuple[WriteKind, Any, object]


def _assigned(node: ast.stmt, get: Get) -> Iterator[Place]:
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.Delete):
        targets = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        targets = [node.target]
    for target in targets:
        if isinstance(target, ast.Attribute):
            yield from _attribute(_find(target.value, get), target.attr)
        elif isinstance(target, ast.Subscript):
            owner, key = _find(target.value, get), _key(target.slice, get)
            if type(owner) is dict and key is not UNKNOWN:
                yield WriteKind.ITEM, owner, key


def _attribute(owner: Any, name: str) -> Iterator[Place]:
    if lookup.is_class(owner):
        yield WriteKind.TYPE_ATTRIBUTE, owner, name
        return
    namespace = _namespace(owner)
    kinds = type.__getattribute__(type(owner), "__mro__")
    found = next((vars(kind)[name] for kind in kinds if name in vars(kind)), None)
    if namespace is not None and not hasattr(type(found), "__set__"):
        yield WriteKind.ITEM, namespace, name


def _value_at(kind: WriteKind, target: Any, name: object) -> object:
    space: Any = classes.namespace_of(target) if kind is WriteKind.TYPE_ATTRIBUTE else target
    return space.get(name, MISSING)


def named_containers(node: ast.stmt, get: Get) -> Iterator[dict[Any, Any] | list[Any]]:
    """Give the dicts and lists that the code of the decorators of `node` names, or their objects hold.

    Not those that are too large to be compared, or are no registries.
    """
    yield from (found for found in _containers(node, get) if _is_registry(found))


def _containers(node: ast.stmt, get: Get) -> Iterator[Any]:
    for decorator in getattr(node, "decorator_list", ()):
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        function = _find(called, get)
        if isinstance(called, ast.Attribute):
            holder = _namespace(_find(called.value, get)) or {}
            yield from (value for value in holder.values() if type(value) in CONTAINERS)
        if type(function) is FunctionType:
            yield from _named_by(function, function.__globals__)


def making_containers(cls: type) -> Iterator[Any]:
    """Give the dicts and lists that code names which runs as a subclass of bases of `cls` is made."""
    bases = type.__getattribute__(cls, "__mro__")[1:]
    metaclasses = type.__getattribute__(type(cls), "__mro__")
    hooks = [vars(base).get("__init_subclass__") for base in bases]
    hooks += [vars(kind).get(name) for kind in metaclasses for name in ("__new__", "__init__")]
    for hook in hooks:
        function = hook.__func__ if isinstance(hook, classmethod | staticmethod) else hook
        if type(function) is FunctionType:
            for space in (function.__globals__, *map(vars, bases), *map(vars, metaclasses)):
                yield from (each for each in _named_by(function, space) if _is_registry(each))


def _named_by(function: FunctionType, space: Mapping[str, Any]) -> Iterator[Any]:
    names = classes.names_in_code(function)
    found = [space[name] for name in names if name in space]
    yield from (value for value in found if type(value) in CONTAINERS)


def _is_registry(found: Any) -> bool:
    return len(found) < MANY and found is not sys.modules and "__builtins__" not in found


def _find(node: ast.expr, get: Get) -> Any:
    path = _dotted(node)
    return lookup.static(path, get) if path else MISSING


def _dotted(node: ast.expr) -> str:
    """Give a dotted name as it is written, empty for any other expression."""
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return owner and f"{owner}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _key(node: ast.expr, get: Get) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    found = get(node.id) if isinstance(node, ast.Name) else MISSING
    return found if type(found) in {str, int, bytes} or lookup.is_class(found) else UNKNOWN


def _namespace(value: Any) -> Any:
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return found if type(found) is dict else None
