"""The copies of old code that sessions run, until the last one that needs them is over.

Then the names behind the aliases are put back in them, for who is in the middle of one; and the
functions that old code has made meanwhile get the code that they would have, had they been made
before the patch.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType

from livepatch import interp
from livepatch.model import Write, WriteKind
from livepatch.patching.layering import Kept, Layering, Namespace
from livepatch.runtime import aliasing, epochs, sharing
from livepatch.runtime.aliasing import Copy
from livepatch.runtime.epochs import Era, Stack


@dataclass(slots=True)
class _Entry:
    """One copy; functions that run it get `code` when nobody is pinned before `since`."""

    copy: Copy
    namespace: Namespace
    code: CodeType
    since: int


class Copies:
    """The copies that stand in for old code now."""

    def __init__(self) -> None:
        """Have none."""
        self._entries: list[_Entry] = []

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._entries)

    def add(self, copy: Copy, namespace: Namespace, since: int) -> None:
        """Have `copy`, for who is pinned before `since`, and those among its constants."""
        followers = {id(entry.copy.code): entry.code for entry in self._entries}
        for one in copy.every():
            code = followers.get(id(one.source), one.source)
            self._entries.append(_Entry(one, namespace, code, since))

    def follow(self, replaced: Iterable[tuple[CodeType, CodeType]], since: int) -> None:
        """Let functions that old code makes become what those that it made before have become."""
        for old, new in replaced:
            for entry in self._entries:
                if entry.code is old:
                    entry.code, entry.since = new, since

    def settled(self, first: int) -> Iterator[Write]:
        """Give what lets functions that old code has made be new; nobody is pinned before `first`."""
        standing = {id(stack.plain.code) for stack in epochs.stacks.values()}
        entries, self._entries = self._entries, []
        for entry in entries:
            code = entry.copy.code
            if first < entry.since or id(code) in standing:
                self._entries.append(entry)
            else:
                yield sharing.write_for_users(code, entry.code)

    def without(self, kept: Kept) -> list[Write] | None:
        """Give what has the copies read a name again whose alias goes.

        None where that cannot be: the alias goes with the last of them.
        """
        users = [
            (entry.copy.code, index, name)
            for entry in self._entries
            if entry.namespace is kept.target
            for index, name in entry.copy.name_at.items()
            if entry.copy.code.co_names[index] == kept.name
        ]
        if users and interp.tuple_items_offset() is None:
            _remove_with([code for code, _, _ in users], kept)
            return None
        return [Write(WriteKind.GLOBAL_NAME, code, index, name) for code, index, name in users]


def old_code(
    layering: Layering, era: Era, aliases: Mapping[str, str], new: CodeType | None
) -> CodeType | None:
    """Give the copy that runs in place of an era's code from now on; None where there need be none.

    There is one where names are rebound that the code reads (`aliases`), and where `new` replaces
    it and it makes functions: so it is known who runs them.
    """
    code, namespace = era.clone.__code__, era.clone.__globals__
    names = frozenset(aliases)
    read = aliasing.reads(code, names) if aliases else names
    is_replaced = code is era.state.code and new is not None and new is not code
    if not read and not (is_replaced and aliasing.inner_codes(code)):
        return None
    copy = aliasing.copy_of(code, {name: aliases[name] for name in read})
    if copy is None:
        return None
    for name in read:
        layering.keep_aliased(namespace, aliases[name])
    layering.copies.append((copy, namespace))
    return copy.code


def unread(kept: Iterable[Kept], stacks: Iterable[Stack]) -> list[Kept]:
    """Give the aliases that no version reads any more; `stacks` are about to be there, too."""
    aliases = [item for item in kept if "@" in item.name and item.kind is WriteKind.ITEM]
    if not aliases:
        return []
    every = {**epochs.stacks, **{id(stack.function): stack for stack in stacks}}
    read = {
        (id(era.clone.__globals__), name)
        for stack in every.values()
        for era in stack.eras
        for name in aliasing.names_in(era.clone.__code__)
    }
    return [item for item in aliases if (id(item.target), item.name) not in read]


class _Token:
    """Lives as long as something uses an alias."""


def _remove_with(codes: Iterable[CodeType], kept: Kept) -> None:
    """Remove an alias as the last of `codes` goes."""
    token = _Token()
    weakref.finalize(token, kept.target.pop, kept.name, None).atexit = False
    for code in codes:
        weakref.finalize(code, id, token).atexit = False
