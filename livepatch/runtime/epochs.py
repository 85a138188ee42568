"""What a caller is pinned to, and what stands where a version has to be picked.

While some caller is pinned to an old epoch, a patched function carries code that asks the pin
of its caller and calls the version for it; a patched class attribute is a `Versioned`. Both
are here as data; `patching.sessions` decides when they come and go. What the rest of livepatch
asks of a function or attribute (`plain_code`, `logical`) is answered as if they were not there.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any, Final

from livepatch.model import MISSING, FunctionState

NEWEST: Final = 1 << 62
"""The epoch of who is not pinned: later than every patch."""
LATEST: Final = NEWEST - 1
"""The epoch of a session that no commit has met yet: it runs the newest code until then."""
EARLY: Final = NEWEST + 1
"""The epoch of who carries out a patch: sees it before it ends."""


class Pin:
    """The epoch whose code a caller runs; what ends a session makes it `NEWEST`.

    Whoever makes one sets it: nothing of Python runs to make the pin of a request.
    """

    __slots__ = ("epoch",)

    epoch: int


def pin_of(epoch: int) -> Pin:
    """Give a pin that pins to `epoch`, and is counted by nobody."""
    pin = Pin()
    pin.epoch = epoch
    return pin


UNPINNED: Final = pin_of(NEWEST)
PIN: Final[ContextVar[Pin]] = ContextVar("livepatch_pin", default=UNPINNED)


def callers_epoch() -> int:
    """Give the epoch of the caller; who comes from a session that is over is pinned to nothing."""
    epoch = PIN.get().epoch
    return UNPINNED.epoch if epoch == NEWEST else epoch


@dataclass(frozen=True, slots=True)
class Era:
    """One version of a function: `clone` runs it for pins from `since` on."""

    since: int
    clone: FunctionType
    state: FunctionState


@dataclass(frozen=True, slots=True)
class Stack:
    """A live function and its versions, oldest first; the last is what it is about to be."""

    function: FunctionType
    eras: tuple[Era, ...]

    @property
    def plain(self) -> FunctionState:
        """What the function has when nobody is pinned any more."""
        return self.eras[-1].state


stacks: dict[int, Stack] = {}
"""The functions that carry a dispatching code now, by id (the stack keeps them alive)."""

_clones: weakref.WeakSet[FunctionType] = weakref.WeakSet()
_clones_lock = threading.Lock()


def hide(clone: FunctionType) -> None:
    """Have `clone` overlooked by whoever searches for live functions."""
    with _clones_lock:
        _clones.add(clone)


def is_hidden(function: FunctionType) -> bool:
    """Tell whether `function` is one version behind a dispatching code."""
    return bool(_clones) and function in _clones


def visible(functions: list[FunctionType]) -> list[FunctionType]:
    """Give those of `functions` that are not hidden."""
    return [f for f in functions if f not in _clones] if _clones else functions


def plain_code(function: FunctionType) -> CodeType:
    """Give the newest code of `function`, also where it carries a dispatching one."""
    stack = stacks.get(id(function)) if stacks else None
    return function.__code__ if stack is None else stack.plain.code


class Versioned:
    """Stands in a class for an attribute with several versions; finds the one for the caller.

    Where that is MISSING, the attribute is looked up behind the class, as if it were not
    there. The older versions are kept out of sight of searches, in the defaults of `_pick`.
    """

    __slots__ = ("__weakref__", "_pick", "name", "newest", "owner")

    def __init__(self, owner: type, name: str, eras: tuple[tuple[int, Any], ...]) -> None:
        """Hold `eras`, pairs of the first epoch and the value, oldest first."""
        self.owner = owner
        self.name = name
        self.newest: Any = eras[-1][1]

        def pick(_eras: tuple[tuple[int, Any], ...] = eras) -> tuple[tuple[int, Any], ...]:
            return _eras

        self._pick: Callable[[], tuple[tuple[int, Any], ...]] = pick

    @property
    def eras(self) -> tuple[tuple[int, Any], ...]:
        """The versions, oldest first."""
        return self._pick()

    def find(self, instance: Any, cls: type) -> Any:
        """Give the raw value for the caller, MISSING where there is none."""
        epoch = callers_epoch()
        found: Any = MISSING
        for since, value in self._pick():
            if since <= epoch:
                found = value
        if found is not MISSING:
            return found
        order = type.__getattribute__(cls, "__mro__")
        behind = order[order.index(self.owner) + 1 :] if self.owner in order else ()
        for base in behind:
            namespace = type.__getattribute__(base, "__dict__")
            if self.name in namespace:
                value = namespace[self.name]
                return value.find(instance, cls) if isinstance(value, Versioned) else value
        return MISSING

    def __get__(self, instance: Any, cls: type | None = None) -> Any:
        """Give the attribute as the caller's version has it."""
        cls = type(instance) if cls is None else cls
        found = self.find(instance, cls)
        if found is MISSING:
            getter = _getattr_of(instance, cls)
            if getter is not None:
                return getter(self.name)
            raise AttributeError(_absent(instance, cls, self.name))
        get = getattr(type(found), "__get__", None)
        return found if get is None else get(found, instance, cls)


def _getattr_of(instance: Any, cls: type) -> Callable[[str], Any] | None:
    """Give what the class does for names that it does not have."""
    where = type(cls) if instance is None else cls
    method = getattr(where, "__getattr__", None)
    if method is None:
        return None
    target = cls if instance is None else instance
    return lambda name: method(target, name)


def _absent(instance: Any, cls: type, name: str) -> str:
    if instance is None:
        return f"type object {cls.__name__!r} has no attribute {name!r}"
    return f"{cls.__name__!r} object has no attribute {name!r}"


class VersionedData(Versioned):
    """The same where a version is a property or the like: assignments go to it, too."""

    __slots__ = ()

    def __get__(self, instance: Any, cls: type | None = None) -> Any:
        """Give the attribute; the instance's own comes before one that takes no assignments."""
        if instance is not None:
            found = self.find(instance, type(instance))
            if found is MISSING or not hasattr(type(found), "__set__"):
                namespace = getattr(instance, "__dict__", {})
                if self.name in namespace:
                    return namespace[self.name]
        return super().__get__(instance, cls)

    def __set__(self, instance: Any, value: Any) -> None:
        """Assign the way the caller's version does."""
        found = self.find(instance, type(instance))
        setter = None if found is MISSING else getattr(type(found), "__set__", None)
        if setter is None:
            instance.__dict__[self.name] = value
        else:
            setter(found, instance, value)

    def __delete__(self, instance: Any) -> None:
        """Delete the way the caller's version does."""
        found = self.find(instance, type(instance))
        deleter = None if found is MISSING else getattr(type(found), "__delete__", None)
        if deleter is not None:
            deleter(found, instance)
        elif self.name in instance.__dict__:
            del instance.__dict__[self.name]
        else:
            raise AttributeError(self.name)


def versioned(owner: type, name: str, eras: tuple[tuple[int, Any], ...]) -> Versioned:
    """Give the descriptor for these versions of an attribute."""
    data = any(hasattr(type(value), "__set__") for _, value in eras if value is not MISSING)
    return (VersionedData if data else Versioned)(owner, name, eras)


def logical(value: Any) -> Any:
    """Give the newest version of what stands in a namespace."""
    return value.newest if isinstance(value, Versioned) else value
