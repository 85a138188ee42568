"""The copies of old code that sessions run, until the last one that needs them is over.

Then the names behind the aliases are put back in them, for who is in the middle of one; and the
functions that old code has made meanwhile get the code that they would have, had they been made
before the patch.
"""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from types import CodeType

from livepatch import interp
from livepatch.model import MISSING, Write, WriteKind
from livepatch.patching.layering import Kept, Layering, Namespace
from livepatch.runtime import aliasing, epochs, sharing
from livepatch.runtime.aliasing import Copy, Names
from livepatch.runtime.epochs import Era, Stack
from livepatch.runtime.shaping import Shape
from livepatch.runtime.sharing import Replaced


@dataclass(slots=True, eq=False)
class _Entry:
    """One copy; functions that run it get `follower` when nobody is pinned before `since`.

    They get what `shapes` say, too, one after the other.

    The copy among whose constants it is, at any depth, is kept: so it is known how many owners it
    has where no function runs it. The outermost has none, and nothing follows it. No more owners
    than there are: each later patch would search the heap for who that is.
    """

    code: weakref.ref[CodeType]
    name_at: Names
    namespace: Namespace
    since: int
    outer: CodeType | None = None
    follower: weakref.ref[CodeType] | None = None
    shapes: list[Shape] = field(default_factory=list)


class Copies:
    """The copies that stand in for old code now."""

    def __init__(self) -> None:
        """Have none."""
        self._entries: list[_Entry] = []

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._entries)

    def add(self, copies: Iterable[tuple[Copy, Namespace]], since: int) -> None:
        """Have `copies`, for who is pinned before `since`, and those among their constants."""
        self._entries = [entry for entry in self._entries if entry.code() is not None]
        followers = {id(entry.code()): entry.follower for entry in self._entries}
        for copy, namespace in copies:
            ref = weakref.ref(copy.code)
            self._entries.append(_Entry(ref, copy.name_at, namespace, since))
            for one in copy.inside():
                follower = followers.get(id(one.source)) or weakref.ref(one.source)
                ref = weakref.ref(one.code)
                self._entries.append(
                    _Entry(ref, one.name_at, namespace, since, copy.code, follower)
                )

    def follow(self, replaced: Sequence[Replaced], since: int) -> None:
        """Let functions that old code makes become what those that it made before have become."""
        followed: dict[int, list[_Entry]] = defaultdict(list)
        for entry in self._entries if replaced else ():
            followed[id(entry.follower and entry.follower())].append(entry)
        for each in replaced:
            entries = followed.pop(id(each.old), [])
            for entry in entries:
                entry.follower, entry.since = weakref.ref(each.new), since
                _take(entry.shapes, each.shape)
            followed[id(each.new)].extend(entries)

    def settle(
        self, first: int, writes: Iterable[Write], aliases: Sequence[Kept]
    ) -> list[Write]:
        """Give `writes`, what lets functions that old code has made be new, and `without(aliases)`.

        Nobody is pinned before `first`.
        """
        standing = {id(stack.plain.code) for stack in epochs.stacks.values()}
        due: list[_Entry] = []
        later: list[_Entry] = []
        for entry in self._entries:
            is_due = first >= entry.since and id(entry.code()) not in standing
            (due if is_due else later).append(entry)
        # Before anything else owns the copies, and while those around them are kept.
        named = sharing.named([*writes, *_renewals(due)])
        names = list(self.without(aliases))
        self._entries = later
        return [*named, *names]

    def without(self, aliases: Sequence[Kept]) -> Iterator[Write]:
        """Give what takes `aliases` away, and has the copies read the names again.

        Where that cannot be, an alias goes with the last copy that reads it.
        """
        if not aliases:
            return
        users: dict[tuple[int, str], list[Write]] = defaultdict(list)
        for entry in self._entries:
            code = entry.code()
            if code is None:
                continue
            for index, name in entry.name_at.items():
                now = code.co_names[index]
                write = Write(WriteKind.GLOBAL_NAME, code, index, name)
                users[id(entry.namespace), now].append(write)
        for kept in aliases:
            writes = users[id(kept.target), kept.name]
            if writes and interp.tuple_items_offset() is None:
                _remove_with([write.target for write in writes], kept)
            else:
                yield from writes
                yield Write(kept.kind, kept.target, kept.name, MISSING)


def _take(shapes: list[Shape], later: Shape | None) -> None:
    """Add `later` to `shapes`; what takes back the last one takes that away."""
    if later is None:
        return
    if shapes and later.is_back_from(shapes[-1]):
        shapes.pop()
    else:
        shapes.append(later)


def _together(shapes: Sequence[Shape]) -> Shape | None:
    return reduce(Shape.then, shapes) if shapes else None


def is_alias(kind: WriteKind, name: object) -> bool:
    """Tell whether `name` is that of the old value of a name that is bound anew."""
    return kind is WriteKind.ITEM and isinstance(name, str) and "@" in name


def _renewals(entries: Sequence[_Entry]) -> list[Write]:
    """Give what lets the functions that run a copy be new, where there are any."""
    inner = [entry for entry in entries if entry.follower is not None]
    # In one expression: a variable would be one more owner.
    owned = sharing.with_functions(list(filter(None, (entry.code() for entry in inner))))
    ids = set(map(id, owned))
    return [
        sharing.write_for_users(code, follower, _together(entry.shapes))
        for entry in inner
        if (code := entry.code()) is not None
        and id(code) in ids
        and entry.follower is not None
        and (follower := entry.follower()) is not None
    ]


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
    key = (id(code), id(namespace))
    if key not in layering.copies:  # there may be many closures of one code
        copy = aliasing.copy_of(code, {name: aliases[name] for name in read})
        if copy is None:
            return None
        for name in read:
            layering.keep_aliased(namespace, aliases[name])
        layering.copies[key] = (copy, namespace)
    return layering.copies[key][0].code


def unread(kept: Iterable[Kept], stacks: Iterable[Stack]) -> list[Kept]:
    """Give the aliases that no version reads any more; `stacks` are about to be there, too."""
    aliases = [item for item in kept if is_alias(item.kind, item.name)]
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


def _remove_with(codes: Iterable[object], kept: Kept) -> None:
    """Remove an alias as the last of `codes` goes."""
    token = _Token()
    weakref.finalize(token, kept.target.pop, kept.name, None).atexit = False
    for code in codes:
        weakref.finalize(code, id, token).atexit = False
