"""Names to live objects: by path first, then through whatever wraps the function.

A live function belongs to a definition when its code says so: same file, same qualified name,
same first line. The name under which it was found is no proof (it may have been replaced).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MethodType,
    ModuleType,
)  # fmt: skip
from typing import Any, TypeGuard

from livepatch.model import MISSING

DEPTH = 8  # how many wrappers deep a function is looked for
BREADTH = 400  # how many objects are visited at most
PLAIN = frozenset({int, str, bytes, float, bool, complex, type(None), BuiltinFunctionType})
MACHINERY = frozenset({"__builtins__", "__loader__", "__spec__"})
"""Names of a module under which the interpreter keeps what is not the module's own."""

Accept = Callable[[CodeType], bool]


def resolve_class(
    module: ModuleType, path: Sequence[str], *, defined: bool = False
) -> type | None:
    """Give the live class at `path` in `module`, or None where there is no such class.

    A class of another module that was imported is none; `defined` says that the text of
    `module` defines the first of `path`, whatever the class itself says of its module.
    """
    holder: Any = module
    for depth, name in enumerate(path):
        namespace = vars(holder)
        if depth:
            name = _mangle(path[depth - 1], name)  # noqa: PLW2901
        found = namespace.get(name)
        qualname = ".".join(path[: depth + 1])
        holder = _as_class(found, None if defined else module, qualname)
        if holder is None:
            return None
    return holder if is_class(holder) else None


def class_around(function: FunctionType) -> type | None:
    """Give the live class, made in a function, that has `function` as a method, if any."""
    owner, _, name = function.__qualname__.rpartition(".")
    if not owner or owner.endswith("<locals>"):
        return None
    name = _mangle(owner.rpartition(".")[2], name)
    for cls in classes_named(owner, function.__globals__):
        if any(found is function for found in reach(vars(cls).get(name))):
            return cls
    return None


def classes_named(qualname: str, namespace: dict[str, Any]) -> Iterator[type]:
    """Give the live classes of this qualified name from a module: a function may make many.

    `namespace` is that of the module.
    """
    pending: list[type] = [object]
    seen: set[int] = set()
    while pending:
        cls = pending.pop()
        if id(cls) not in seen:
            seen.add(id(cls))
            if cls.__qualname__ == qualname and _is_made_in(cls, namespace):
                yield cls
            pending.extend(type.__subclasses__(cls))


def _mangle(owner: str, name: str) -> str:
    owner = owner.lstrip("_")
    if owner and name.startswith("__") and not name.endswith("__"):
        return f"_{owner}{name}"
    return name


def belongs(cls: type, module: ModuleType) -> bool:
    """Tell whether `cls` was made by a statement of `module`.

    Its `__module__` may say otherwise (packages rename what they export); its functions
    cannot.
    """
    return _is_made_in(cls, vars(module))


def _is_made_in(cls: type, namespace: dict[str, Any]) -> bool:
    return cls.__module__ == namespace.get("__name__") or has_function_of(cls, namespace)


def has_function_of(cls: type, namespace: dict[str, Any]) -> bool:
    """Tell whether a method or property of `cls` itself has `namespace` for its globals."""
    own = map(_function_of, type.__getattribute__(cls, "__dict__").values())
    return any(type(found) is FunctionType and found.__globals__ is namespace for found in own)


def _function_of(value: Any) -> object:
    """Give the function behind a method of any kind, or a property."""
    if isinstance(value, staticmethod | classmethod):
        return value.__func__
    return value.fget if isinstance(value, property) else value


def _as_class(found: object, module: ModuleType | None, qualname: str) -> type | None:
    for _ in range(DEPTH):
        if is_class(found):
            is_ours = module is None or belongs(found, module)
            return found if found.__qualname__ == qualname and is_ours else None
        found = getattr(found, "__wrapped__", None)
        if found is None:
            return None
    return None


def functions_in(value: object, accept: Accept) -> list[FunctionType]:
    """Give the functions reachable from `value` whose code `accept` takes."""
    if type(value) is FunctionType and not (value.__closure__ or value.__dict__):
        return [value] if accept(value.__code__) else []  # most there are: they wrap nothing
    return [
        found
        for found in reach(value)
        if type(found) is FunctionType and accept(found.__code__)
    ]


def reach(value: object) -> Iterator[object]:
    """Give `value` and what it wraps: closures, partials, descriptors, attributes, registries.

    Each object comes once. Modules and classes are not entered.
    """
    pending: list[tuple[object, int]] = [(value, 0)]
    seen: set[int] = set()
    while pending and len(seen) < BREADTH:
        found, depth = pending.pop()
        if type(found) in PLAIN or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        if depth < DEPTH and not issubclass(type(found), ModuleType | type):
            pending.extend((inner, depth + 1) for inner in inside(found))


def is_class(value: object) -> TypeGuard[type]:
    """Tell whether `value` is a class itself: a proxy that claims to be one is none.

    Asking `isinstance` would run the code of proxies (wrapt, lazy objects), which may raise.
    """
    return issubclass(type(value), type)


def static(path: str, get: Callable[[str], object]) -> object:
    """Give what a dotted name leads to, and run no code of the program; MISSING if nowhere.

    `get` gives what its first part leads to.
    """
    first, *rest = path.split(".")
    found = get(first)
    for name in rest:
        if found is MISSING:
            break
        found = inspect.getattr_static(found, name, MISSING)
    return found


def inside(found: Any) -> list[object]:  # noqa: PLR0911  one for each kind
    """Give what `found` itself holds: of a function its closure and attributes."""
    kind = type(found)
    if kind is FunctionType:
        cells = map(_contents, found.__closure__ or ())
        return [*(value for value in cells if value is not None), *vars(found).values()]
    if issubclass(kind, MethodType | staticmethod | classmethod):
        return [found.__func__]
    if issubclass(kind, property):
        return [found.fget, found.fset, found.fdel]
    if issubclass(kind, functools.partial):
        return [found.func, *found.args, *found.keywords.values()]
    if issubclass(kind, dict):
        return list(found.values()) if len(found) <= BREADTH else []
    if issubclass(kind, list | tuple | set | frozenset):
        return list(found) if len(found) <= BREADTH else []
    return _attributes(found)


def _contents(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _attributes(found: object) -> list[object]:
    """Give what an instance holds, without running any code of its class."""
    inner: list[object] = []
    with suppress(AttributeError):
        inner.extend(object.__getattribute__(found, "__dict__").values())
    for cls in type(found).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else tuple(slots):
            member = cls.__dict__.get(_mangle(cls.__name__, name))
            if member is not None and hasattr(type(member), "__get__"):
                try:
                    inner.append(member.__get__(found, cls))
                except AttributeError:
                    continue
    if "<locals>" in type(found).__qualname__:  # a wrapper class that a decorator made
        inner.extend(
            value for value in vars(type(found)).values() if type(value) is FunctionType
        )
    # Objects made in C name what they wrap (lru_cache, partialmethod, cached_property).
    if type(found).__module__ in {"functools", "_functools", "builtins"}:
        for name in ("__wrapped__", "func", "dispatcher", "__func__", "__self__"):
            wrapped = getattr(found, name, None)
            if wrapped is not None:
                inner.append(wrapped)
    inner.extend(_proxied(found))
    return inner


def _proxied(found: object) -> Iterator[object]:
    """Give what a proxy made in C (wrapt) is around."""
    for cls in type(found).__mro__:
        for name in ("__wrapped__", "_self_wrapper"):
            member = vars(cls).get(name)
            if isinstance(member, GetSetDescriptorType):
                with suppress(ValueError, AttributeError):  # a proxy around nothing yet
                    yield member.__get__(found, cls)


def wrappers_of(value: object, function: FunctionType) -> list[object]:
    """Give the objects from `value` inwards that wrap `function` by `__wrapped__`."""
    chain: list[object] = []
    found: Any = value
    for _ in range(DEPTH):
        if found is function or found is None:
            return chain if found is function else []
        chain.append(found)
        match found:
            case staticmethod() | classmethod():
                found = found.__func__
            case property():
                found = found.fget
            case _:
                found = _wrapped(found)
    return []


def _wrapped(found: object) -> object:
    if isinstance(found, functools.cached_property):
        return found.func
    try:
        return object.__getattribute__(found, "__dict__").get("__wrapped__")
    except AttributeError:
        return None


def local_functions(module: ModuleType, accept: Accept) -> Iterator[FunctionType]:
    """Give the functions under the names of `module` and of its classes that `accept` takes."""
    for name, value in list(vars(module).items()):
        if name in MACHINERY:
            continue
        if type(value) is FunctionType and not value.__closure__:
            if accept(value.__code__):
                yield value
        elif is_class(value):
            if belongs(value, module):
                yield from class_functions(value, accept, set())
        elif type(value) not in PLAIN and not issubclass(type(value), ModuleType):
            yield from functions_in(value, accept)


def class_functions(cls: type, accept: Accept, seen: set[int]) -> Iterator[FunctionType]:
    """Give the functions in the namespace of `cls` and of the classes nested in it."""
    if id(cls) in seen:
        return
    seen.add(id(cls))
    for value in list(vars(cls).values()):
        if is_class(value):
            if value.__qualname__.startswith(f"{cls.__qualname__}."):
                yield from class_functions(value, accept, seen)
        elif type(value) not in PLAIN:
            yield from functions_in(value, accept)
