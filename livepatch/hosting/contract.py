"""What a plugin must define, and which of it a namespace lacks, in words; pure."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType
from typing import Any, Final, Protocol, cast

from livepatch.errors import UsageError
from livepatch.model import MISSING, Write, WriteKind

Contract = Callable[[Mapping[str, Any]], Iterable[str]]
"""Takes the names of a plugin's module; gives what is wrong with them, one line each."""

NAME: Final = "_plugin_name"
VERSION: Final = "_plugin_version"
RUN: Final = "run"


def plugin_contract(names: Mapping[str, Any]) -> list[str]:
    """Give what keeps `names` from being a plugin: a name, a version and `run` are asked for."""
    found = []
    for name in (NAME, VERSION):
        if name not in names:
            found.append(f"{name} is missing")
        elif not isinstance(names[name], str):
            kind = type(names[name]).__name__
            found.append(f"{name} must be a string, not {kind}")
        elif not names[name].strip():
            found.append(f"{name} is empty")
    if RUN not in names:
        found.append(f"{RUN} is missing")
    elif not callable(names[RUN]):
        found.append(f"{RUN} must be callable, not {type(names[RUN]).__name__}")
    return found


def as_contract(contract: Contract | type | None) -> Contract:
    """Give a contract as a function: the plugins' own for None, a Protocol by its members."""
    if contract is None:
        return plugin_contract
    if not isinstance(contract, type):
        return contract
    if not getattr(contract, "_is_protocol", False):
        message = f"contract: {contract.__name__} is neither a function nor a Protocol"
        raise UsageError(message)
    members = members_of(contract)

    def check(names: Mapping[str, Any]) -> list[str]:
        return [
            line for name, wanted in members.items() for line in _lacks(names, name, wanted)
        ]

    return check


def members_of(protocol: type) -> dict[str, Any]:
    """Give the members that a Protocol asks for: functions, and the types of its variables."""
    members: dict[str, Any] = {}
    for cls in reversed(protocol.__mro__):
        if not cls.__dict__.get("_is_protocol") or cls is cast("object", Protocol):
            continue
        members.update(inspect.get_annotations(cls))
        methods = {
            n: value for n, value in vars(cls).items() if isinstance(value, FunctionType)
        }
        members.update((n, value) for n, value in methods.items() if not n.startswith("__"))
    return members


def _lacks(names: Mapping[str, Any], name: str, wanted: Any) -> list[str]:
    if name not in names:
        return [f"{name} is missing"]
    value = names[name]
    if isinstance(wanted, FunctionType):
        return _differs(name, value, wanted)
    if type(wanted) is type:
        if isinstance(value, wanted):
            return []
        return [f"{name} must be {wanted.__name__}, not {type(value).__name__}"]
    return []


def _differs(name: str, value: Any, wanted: FunctionType) -> list[str]:
    """Say in which way `value` cannot be called as the Protocol's method says."""
    if not callable(value):
        return [f"{name} must be callable, not {type(value).__name__}"]
    kinds = inspect.Parameter
    positional: list[None] = []
    named: dict[str, None] = {}
    for parameter in list(inspect.signature(wanted).parameters.values())[1:]:  # without self
        if parameter.kind is kinds.KEYWORD_ONLY:
            named[parameter.name] = None
        elif parameter.kind in {kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD}:
            positional.append(None)
    try:
        inspect.signature(value).bind(*positional, **named)
    except TypeError as error:
        return [f"{name} cannot be called as asked: {error}"]
    except ValueError:
        return []  # a callable that does not say what it takes
    return []


def names_after(namespace: Mapping[str, Any], writes: Iterable[Write]) -> dict[str, Any]:
    """Give what a namespace will hold once `writes` are carried out."""
    names = dict(namespace)
    for write in writes:
        if write.kind is WriteKind.ITEM and write.target is namespace:
            if write.value is MISSING:
                names.pop(str(write.name), None)
            else:
                names[str(write.name)] = write.value
    return names
