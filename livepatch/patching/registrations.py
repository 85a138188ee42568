"""What decorators put into containers of the program: once for a definition, however often they run.

Decorators that changed run again, and so register again: under a new key, or at the end of a
list. What they had put there before is theirs, and goes, or gives its place to the new entry.
A container counts only where it got something of the definition this time, too, or where no
decorator names it any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from livepatch.model import MISSING, Definition, Write, WriteKind
from livepatch.patching import effects
from livepatch.patching.site import Scope, Site
from livepatch.runtime import lookup

Test = Callable[[object], bool]
Made = tuple[object, object]
"""What a statement has made, and what its name is bound to in the end."""


class Registrations:
    """The containers that make room for a definition, as they are before it is executed again.

    Those that its decorators name and, for a class, the hooks of its bases and its metaclass.
    """

    def __init__(
        self, site: Site, scope: Scope, old: Definition | None, new: Definition, cls: Any = None
    ) -> None:
        """Look at what the old decorators name and what the new ones do; `cls` is the live class."""
        self._site = site
        self._name = new.qualname
        get = site.view_from(scope)
        named = [*effects.named_containers(new.node, get)]
        named += [] if cls is None else effects.making_containers(cls)
        before = [] if old is None else [*effects.named_containers(old.node, get)]
        known = set(map(id, _with_lists_inside(named)))
        found = {id(each): each for each in _with_lists_inside([*named, *before])}
        self._before = [(each, each.copy(), key not in known) for key, each in found.items()]

    def settle(self, old: object, made: object, final: object) -> None:
        """Have each container hold the definition once, as `final` where it was given `made`.

        `old` is what the decorators had made before; `final` is what the name is bound to now.
        Containers that only decorators name which are gone, hold it no more.
        """
        if any(value is MISSING for value in (old, made, final)):
            return
        is_ours = _leading_to(self._name, old, made)
        transaction = self._site.transaction
        for container, before, is_left in self._before:
            if type(container) is dict:
                writes = _in_dict(container, before, is_ours, (made, final), is_left=is_left)
                changed = effects.restoring(container, before)
                transaction.done(
                    [each for each in changed if is_ours(container.get(each.name))]
                )
            else:
                writes = _in_list(container, before, is_ours, (made, final), is_left=is_left)
                transaction.done(_without(container, container[len(before) :], is_ours))
            transaction.add(writes)


def _with_lists_inside(containers: Iterable[Any]) -> Iterator[Any]:
    """Give dicts and lists, and the lists that the dicts have for some of their keys."""
    for container in containers:
        yield container
        if type(container) is dict:
            inside = [value for value in container.values() if type(value) is list]
            yield from (each for each in inside if len(each) < effects.MANY)


def _leading_to(name: str, *values: object) -> Test:
    """Give the test whether an entry is one of `values`, or holds it, or a function `name` in it.

    Other functions that a value has in its closure are those of others as well.
    """
    wanted = set(map(id, values))
    for value in values:
        inside = lookup.functions_in(value, lambda code: code.co_qualname == name)
        wanted.update(map(id, inside))

    def leads(entry: object) -> bool:
        return any(id(found) in wanted for found in lookup.reach(entry))

    return leads


def _in_dict(
    container: dict[Any, Any],
    before: dict[Any, Any],
    is_ours: Test,
    made: Made,
    *,
    is_left: bool,
) -> list[Write]:
    now = dict(container)
    new = {key: value for key, value in now.items() if before.get(key, MISSING) is not value}
    new = {key: value for key, value in new.items() if is_ours(value)}
    if not new and not is_left:
        return []
    left = [
        key
        for key, value in before.items()
        if key not in new and now.get(key, MISSING) is value and _is_all_ours(value, is_ours)
    ]
    entries = {key: _final(value, made) for key, value in new.items()}
    for value in entries.values():
        if type(value) is list:
            _finish(value, 0, made)
    return [
        *(Write(WriteKind.ITEM, container, key, MISSING) for key in left),
        *(
            Write(WriteKind.ITEM, container, key, entry)
            for key, entry in entries.items()
            if entry is not new[key]
        ),
    ]


def _is_all_ours(value: object, is_ours: Test) -> bool:
    if isinstance(value, dict | list | set):
        return type(value) is list and bool(value) and all(map(is_ours, value))
    return is_ours(value)


def _in_list(
    container: list[Any], before: list[Any], is_ours: Test, made: Made, *, is_left: bool
) -> list[Write]:
    """Give a new entry the place of the old one, unless it says more than what was registered.

    Entries that were added and are not needed go at once.
    """
    start = len(before)
    if list(map(id, container[:start])) != list(map(id, before)):
        return []  # something else was done to it
    new = [entry for entry in container[start:] if is_ours(entry)]
    if not new and not is_left:
        return []
    old = [entry for entry in before if is_ours(entry)]
    writes, gone = [], old[len(new) :]
    for entry, former in zip(new, old, strict=False):
        if isinstance(entry, tuple):
            gone.append(former)
            continue
        del container[_place(container, entry, start)]
        if _final(entry, made) is not former:
            place = _place(container, former, 0)
            writes.append(Write(WriteKind.ITEM, container, place, _final(entry, made)))
    _finish(container, start, made)
    return [*writes, *_without(container, gone, is_ours)]


def _without(container: list[Any], entries: list[Any], is_ours: Test) -> list[Write]:
    """Give the writes that take those of `entries` that are ours out of `container`."""
    ours = [entry for entry in entries if is_ours(entry) and effects.is_key(entry)]
    return [Write(WriteKind.MEMBER, container, entry, MISSING) for entry in ours]


def _place(container: list[Any], entry: object, start: int) -> int:
    return next(at for at in range(start, len(container)) if container[at] is entry)


def _finish(members: list[Any], start: int, made: Made) -> None:
    """Put what the name is bound to in place of what was made; other threads may add members."""
    for place in range(start, len(members)):
        final = _final(members[place], made)
        if final is not members[place]:
            members[place] = final


def _final(entry: object, made: Made) -> object:
    """Give `entry` with what the name is bound to in place of what was made."""
    if type(entry) is tuple and any(part is made[0] for part in entry):
        return tuple(_final(part, made) for part in entry)
    return made[1] if entry is made[0] else entry
