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
from livepatch.runtime.aliasing import Copy, Names
from livepatch.runtime.epochs import Era, Stack


@dataclass(slots=True, eq=False)
class _Entry:
    """One copy; functions that run it get `follower` when nobody is pinned before `since`.

    The copy among whose constants it is, at any depth, is kept: so it is known how many owners it
    has where no function runs it. The outermost has none, and nothing follows it.
    """

    code: weakref.ref[CodeType]
    name_at: Names
    namespace: Namespace
    since: int
    outer: CodeType | None = None
    follower: CodeType | None = None


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
        self._entries = [entry for entry in self._entries if entry.code() is not None]
        followers = {id(entry.code()): entry.follower for entry in self._entries}
        self._entries.append(_Entry(weakref.ref(copy.code), copy.name_at, namespace, since))
        for one in copy.inside():
            follower = followers.get(id(one.source), one.source)
            code = weakref.ref(one.code)
            self._entries.append(
                _Entry(code, one.name_at, namespace, since, copy.code, follower)
            )

    def follow(self, replaced: Iterable[tuple[CodeType, CodeType]], since: int) -> None:
        """Let functions that old code makes become what those that it made before have become."""
        for old, new in replaced:
            for entry in self._entries:
                if entry.follower is old:
                    entry.follower, entry.since = new, since

    def settle(self, first: int, writes: Iterable[Write]) -> list[Write]:
        """Give `writes`, and what lets functions that old code has made be new.

        Nobody is pinned before `first`.
        """
        standing = {id(stack.plain.code) for stack in epochs.stacks.values()}
        entries = [entry for entry in self._entries if entry.code() is not None]
        due = [e for e in entries if first >= e.since and id(e.code()) not in standing]
        self._entries = [entry for entry in entries if entry not in due]
        every = [*writes, *(write for entry in due for write in _renewal(entry))]
        return list(sharing.named(every))  # while those around what is due are kept

    def without(self, kept: Kept) -> list[Write] | None:
        """Give what has the copies read a name again whose alias goes.

        None where that cannot be: the alias goes with the last of them.
        """
        users = [
            (code, index, name)
            for entry in self._entries
            if entry.namespace is kept.target and (code := entry.code()) is not None
            for index, name in entry.name_at.items()
            if code.co_names[index] == kept.name
        ]
        if users and interp.tuple_items_offset() is None:
            _remove_with([code for code, _, _ in users], kept)
            return None
        return [Write(WriteKind.GLOBAL_NAME, code, index, name) for code, index, name in users]


def _renewal(entry: _Entry) -> Iterator[Write]:
    code = entry.code()
    if code is not None and entry.follower is not None:
        yield sharing.write_for_users(code, entry.follower)


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
