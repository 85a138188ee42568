"""What executing a statement does to objects that outlive it, recorded so that it can be taken back.

Attributes and items that it assigns (`f.limit = 3`, `TABLE["a"] = g`), and entries that its
decorators add to the dicts they name (`REGISTRY[name] = function`).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

from livepatch.model import MISSING, Write, WriteKind
from livepatch.runtime import classes

Get = Callable[[str], Any]
MANY = 10_000  # entries of a dict beyond which it is no registry of decorators
UNKNOWN = object()


class Effects:
    """The state of what one statement may change, before it is executed."""

    def __init__(self, node: ast.stmt, get: Get) -> None:
        """Look at what `node` assigns to, and at the dicts that its decorators name.

        `get` gives what a name leads to, MISSING where it leads nowhere.
        """
        self._places = [(*place, _value_at(*place)) for place in _assigned(node, get)]
        known = {id(found): found for found in _registries(node, get) if _is_registry(found)}
        self._registries = [(found, dict(found)) for found in known.values()]

    def inverse(self) -> list[Write]:
        """Give the writes that take back what has changed since."""
        writes = [
            Write(kind, target, name, before)
            for kind, target, name, before in self._places
            if _value_at(kind, target, name) is not before
        ]
        for registry, entries in self._registries:
            writes += [
                Write(WriteKind.ITEM, registry, key, entries.get(key, MISSING))
                for key in [*entries, *(key for key in registry if key not in entries)]
                if registry.get(key, MISSING) is not entries.get(key, MISSING)
            ]
        return writes


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
    if _is_class(owner):
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


def _registries(node: ast.stmt, get: Get) -> Iterator[dict[Any, Any]]:
    """Give the dicts that the code of decorators names, or their objects hold."""
    for decorator in getattr(node, "decorator_list", ()):
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        function = _find(called, get)
        if isinstance(called, ast.Attribute):
            holder = _namespace(_find(called.value, get)) or {}
            yield from (value for value in holder.values() if type(value) is dict)
        if type(function) is FunctionType:
            names = classes.names_in_code(function)
            space = function.__globals__
            found = [space[name] for name in names if name in space and name[:2] != "__"]
            yield from (value for value in found if type(value) is dict)


def _is_registry(found: dict[Any, Any]) -> bool:
    return len(found) < MANY and found is not sys.modules and "__builtins__" not in found


def _find(node: ast.expr, get: Get) -> Any:
    """Give what a dotted name leads to, without running any code of the program."""
    if isinstance(node, ast.Name):
        return get(node.id)
    if not isinstance(node, ast.Attribute):
        return MISSING
    owner = _find(node.value, get)
    if owner is MISSING:
        return MISSING
    spaces = [_namespace(owner) or {}]
    if type(owner) is not ModuleType:
        order = owner if _is_class(owner) else type(owner)
        spaces += map(vars, type.__getattribute__(order, "__mro__"))
    return next((space[node.attr] for space in spaces if node.attr in space), MISSING)


def _key(node: ast.expr, get: Get) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    found = get(node.id) if isinstance(node, ast.Name) else MISSING
    return found if type(found) in {str, int, bytes} or _is_class(found) else UNKNOWN


def _namespace(value: Any) -> Any:
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return found if type(found) is dict else None


def _is_class(value: object) -> bool:
    return issubclass(type(value), type)  # `isinstance` asks the object, which may lie
