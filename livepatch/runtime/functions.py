"""What a live function must get so that it is the function of the new text."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import CellType, CodeType, FunctionType
from typing import Any

from livepatch import interp
from livepatch.model import MISSING, FunctionState, Write, WriteKind
from livepatch.runtime import build, closures, epochs, lookup, versions

MARKS = ("__wrapped__", "__isabstractmethod__", "__final__", "__override__", "__deprecated__")
"""Attributes that decorators put on a function, and that go with them."""

COPIED = ("__doc__", "__name__", "__qualname__")
ANNOTATIONS = "__annotate__" if interp.LAZY_ANNOTATIONS else "__annotations__"


@dataclass(frozen=True, slots=True)
class Replacement:
    """What the new text says of one function.

    `made` was made by executing the `def` aside, with only the changed defaults evaluated; it
    is None where nothing but the code can differ. `fresh_defaults` names the parameters whose
    default expression changed. `literals` serves closures, for which nothing can be made aside:
    the parameters with a default in the new text, and its value where that is a new literal.
    """

    code: CodeType
    made: FunctionType | None = None
    fresh_defaults: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    literals: Mapping[str, object] | None = None


def writes_for(
    target: FunctionType,
    new: Replacement,
    *,
    owner: type | None = None,
    others: Mapping[str, CellType] | None = None,
) -> tuple[list[Write], tuple[str, ...]]:
    """Give the writes that make `target` the function of `new`.

    The second value names captured variables for which no cell exists; then there are no
    writes, and the target keeps its old body.
    """
    cells, missing = closures.cells_for(target, new.code, others or {}, owner)
    if missing:
        return [], missing
    template = build.function_of(new.code, target.__globals__, cells)
    defaults, kwdefaults = _defaults(target, new)
    code, writes = new.code, []
    if interp.set_closure() is None and not _same(cells, target.__closure__):
        stub = closures.stub_for(target, new.code, cells, defaults, kwdefaults)
        if stub is None:
            return [], new.code.co_freevars
        code, first = stub
        writes.append(first)
        cells = target.__closure__
    state = FunctionState(code, cells, defaults, kwdefaults, _version(template, target))
    writes.append(Write(WriteKind.FUNCTION, target, "", state))
    writes.extend(_attribute_writes(target, new, template))
    return writes, ()


def needs_only_code(old: CodeType, new: CodeType) -> bool:
    """Tell whether a function of `old` becomes one of `new` by that code alone."""
    return (old.co_freevars, old.co_name, old.co_qualname) == (
        new.co_freevars,
        new.co_name,
        new.co_qualname,
    ) and _docstring(old) == _docstring(new)


def _version(template: FunctionType, target: FunctionType) -> int:
    return versions.version_of(template) if template.__globals__ is target.__globals__ else 0


def positional_names(code: CodeType) -> tuple[str, ...]:
    """Give the names of the parameters that may be passed by position."""
    return code.co_varnames[: code.co_argcount]


def keyword_only_names(code: CodeType) -> tuple[str, ...]:
    """Give the names of the keyword-only parameters."""
    return code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]


def default_values(function: Any) -> dict[str, object]:
    """Give the live defaults of `function` by the name of the parameter."""
    state = FunctionState(
        epochs.plain_code(function), None, function.__defaults__, function.__kwdefaults__
    )
    return defaults_of(state)


def defaults_of(state: FunctionState) -> dict[str, object]:
    """Give the defaults in `state` by the name of the parameter."""
    values = state.defaults or ()
    names = positional_names(state.code)
    found: dict[str, object] = dict(
        zip(names[len(names) - len(values) :], values, strict=False)
    )
    found.update(state.kwdefaults or {})
    return found


def _defaults(
    target: FunctionType, new: Replacement
) -> tuple[tuple[object, ...] | None, dict[str, object] | None]:
    """Keep live defaults whose expression did not change, take the others from the template."""
    if new.literals is not None:
        return _literal_defaults(target, new.code, new.literals)
    if new.made is None:
        return target.__defaults__, target.__kwdefaults__
    live, fresh = default_values(target), default_values(new.made)
    chosen = {
        name: fresh[name] if name in new.fresh_defaults or name not in live else live[name]
        for name in fresh
    }
    names = positional_names(new.code)
    count = len(new.made.__defaults__ or ())
    positional = tuple(chosen[name] for name in names[len(names) - count :]) or None
    keyword = {name: chosen[name] for name in keyword_only_names(new.code) if name in chosen}
    if _same(positional, target.__defaults__):
        positional = target.__defaults__
    old = target.__kwdefaults__
    if (
        old is not None
        and keyword.keys() == old.keys()
        and _same(keyword.values(), old.values())
    ):
        return positional, old
    return positional, keyword or None


def _literal_defaults(
    target: FunctionType, code: CodeType, literals: Mapping[str, object]
) -> tuple[tuple[object, ...] | None, dict[str, object] | None]:
    """Keep live defaults, put literals for changed ones; what has neither has no default."""
    live = default_values(target)
    chosen = {
        name: live.get(name, MISSING) if value is MISSING else value
        for name, value in literals.items()
    }
    chosen = {name: value for name, value in chosen.items() if value is not MISSING}
    names = [name for name in positional_names(code) if name in literals]
    while names and names[0] not in chosen:
        names.pop(0)
    positional = tuple(chosen.get(name) for name in names) or None
    keyword = {name: chosen[name] for name in keyword_only_names(code) if name in chosen}
    return positional, keyword or None


def own_docstring_part(function: FunctionType, code: CodeType) -> frozenset[str]:
    """Give the part "docstring" where `function` shows that of its own code."""
    if hasattr(function, "__wrapped__") or function.__doc__ != _docstring(code):
        return frozenset()
    return frozenset({"docstring"})


def _docstring(code: CodeType) -> str | None:
    cells = tuple(CellType() for _ in code.co_freevars)
    return FunctionType(code, {}, closure=cells or None).__doc__


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None or one is other:
        return one is other
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _attribute_writes(
    target: FunctionType, new: Replacement, template: FunctionType
) -> Iterator[Write]:
    if "docstring" in new.parts:
        yield Write(WriteKind.ATTRIBUTE, target, "__doc__", template.__doc__)
    if new.code.co_name != target.__code__.co_name:
        yield Write(WriteKind.ATTRIBUTE, target, "__name__", template.__name__)
    if new.code.co_qualname != target.__code__.co_qualname:
        yield Write(WriteKind.ATTRIBUTE, target, "__qualname__", template.__qualname__)
    made = new.made
    if made is None:
        return
    if interp.LAZY_ANNOTATIONS or new.parts & {"annotations", "signature", "type_params"}:
        yield annotations_write(target, made)
    type_params = getattr(made, "__type_params__", None)
    if type_params is not None and type_params != getattr(target, "__type_params__", None):
        yield Write(WriteKind.ATTRIBUTE, target, "__type_params__", type_params)


def annotations_write(target: Any, made: Any) -> Write:
    """Give the write that gives `target` the annotations of `made` (lazy ones stay lazy)."""
    return Write(WriteKind.ATTRIBUTE, target, ANNOTATIONS, getattr(made, ANNOTATIONS))


def wrapper_writes(
    value: object, target: FunctionType, writes: Collection[Write]
) -> Iterator[Write]:
    """Give the writes that let wrappers around `target` follow its copied attributes.

    A wrapper follows where it still shows what `functools.wraps` copied from the target.
    """
    new = {write.name: write.value for write in writes if write.target is target}
    for wrapper in lookup.wrappers_of(value, target):
        for name in (*COPIED, ANNOTATIONS):
            if name in new and _is_copy(shows(wrapper, name), getattr(target, name)):
                yield Write(WriteKind.ATTRIBUTE, wrapper, name, new[name])


def _is_copy(shown: object, original: object) -> bool:
    """Tell whether a wrapper shows what was copied; a function that became one shows an equal."""
    if shown is original:
        return True
    return type(shown) is type(original) and type(shown) in {dict, str} and shown == original


def shows(wrapper: Any, name: str) -> object:
    """Give the attribute of a wrapper, MISSING where it has none that can be read."""
    if isinstance(wrapper, staticmethod | classmethod):
        return MISSING  # they read through to their function
    return getattr(wrapper, name, MISSING)


def graft(old: FunctionType, new: FunctionType) -> list[Write]:
    """Give the writes that make `old` behave as `new` in every respect; its identity stays.

    Attributes that the program put on `old` stay; those that a decorator puts on are `new`'s.
    There are none where the two look names up in different modules.
    """
    if old.__globals__ is not new.__globals__:
        return []
    code, cells = new.__code__, new.__closure__
    writes = []
    if interp.set_closure() is None and not _same(cells, old.__closure__):
        stub = closures.stub_for(old, code, cells, new.__defaults__, new.__kwdefaults__)
        if stub is None:
            return []
        code, first = stub
        cells = old.__closure__
        writes.append(first)
    state = FunctionState(code, cells, new.__defaults__, new.__kwdefaults__, _version(new, old))
    writes.append(Write(WriteKind.FUNCTION, old, "", state))
    writes += [
        Write(WriteKind.ATTRIBUTE, old, name, getattr(new, name))
        for name in (*COPIED, ANNOTATIONS, "__module__")
        if interp.LAZY_ANNOTATIONS or getattr(old, name) != getattr(new, name)
    ]
    namespace = vars(old)
    writes += [
        Write(WriteKind.ITEM, namespace, name, value) for name, value in vars(new).items()
    ]
    writes += [
        Write(WriteKind.ITEM, namespace, name, MISSING)
        for name in copied_by_wrapping(old)
        if name not in vars(new)
    ]
    return writes


def copied_by_wrapping(function: FunctionType) -> list[str]:
    """Give the names in the namespace of `function` that decorators, not the program, put there.

    `functools.wraps` copies the whole namespace of what is wrapped, such as `cache_parameters`.
    """
    namespace = vars(function)
    wrapped = namespace.get("__wrapped__")
    below = getattr(wrapped, "__dict__", {})
    return [
        name
        for name, value in namespace.items()
        if name in MARKS
        or name in functools.WRAPPER_ASSIGNMENTS  # a function has these, but not in there
        or (name in below and below[name] is value)
    ]


def forward(old: FunctionType, new: object) -> list[Write]:
    """Give the writes that make whoever holds `old` call `new`, which is no function."""
    code = closures.forwarding(old, new)
    if code is None:
        return []
    return [
        Write(WriteKind.FUNCTION, old, "", FunctionState(code, old.__closure__, None, None))
    ]
