"""Definitions of two texts to edits: who became what.

Pairing goes from the surest to the weakest sign: equal text, then equal name and role in
order, then equal syntax tree, then equal bound names, at last an equal body under another name.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence

from livepatch.diff import parts
from livepatch.diff.rebinding import settled
from livepatch.model import Action, Definition, Edit, FilePlan, Kind

Pair = tuple[Definition | None, Definition | None]
Key = Callable[[Definition], Hashable]
FLAGGED = frozenset({"body", "annotations"})
"""The parts of a function that the compiler flags of its file bear on."""
RENAMED = 100  # renamed definitions of one scope, above which mentions of them are not followed


def make_plan(  # noqa: PLR0913
    file: str,
    old: Sequence[Definition],
    new: Sequence[Definition],
    *,
    cut: int,
    delta: int,
    everything: bool = False,
) -> FilePlan:
    """Give the edits that lead from `old` to `new`, in source order, removals last.

    With `everything` each function counts as changed (the compiler flags of the file are
    other ones now).
    """
    pairs = match(*_both_living(old, new))
    edits = _scope_edits(pairs, (), None, everything=everything)
    edits.sort(key=lambda edit: edit.action is Action.REMOVE)
    lines = tuple(_moved_lines(pairs))
    return FilePlan(file, tuple(edits), cut, delta, lines, tuple(old), tuple(new))


def living(
    definitions: Sequence[Definition], held: Collection[str] = ()
) -> tuple[Definition, ...]:
    """Leave out plain functions that a later one of the same scope replaces unseen.

    Those with a name in `held` stay: something had them before they were replaced.
    """
    if len({definition.name for definition in definitions}) == len(definitions):
        return tuple(definitions)
    last = {d.name: d for d in definitions if d.kind is Kind.FUNCTION and not d.role}
    return tuple(
        definition
        for definition in definitions
        if last.get(definition.name, definition) is definition
        or definition.role
        or definition.kind is not Kind.FUNCTION
        or definition.name in held
        or _is_decorated(definition)
        or _is_decorated(last[definition.name])
    )


def _both_living(
    old: Sequence[Definition], new: Sequence[Definition]
) -> tuple[tuple[Definition, ...], tuple[Definition, ...]]:
    held = _held_between(old) & _held_between(new)
    return living(old, held), living(new, held)


def _held_between(definitions: Sequence[Definition]) -> set[str]:
    """Give the names of functions that a statement mentions before another one replaces them."""
    if len({definition.name for definition in definitions}) == len(definitions):
        return set()
    count = Counter(d.name for d in definitions if d.kind is Kind.FUNCTION and not d.role)
    found: set[str] = set()
    open_names: set[str] = set()
    mentioned: set[str] = set()
    for definition in definitions:
        if definition.kind is Kind.FUNCTION:
            if definition.name in mentioned:
                found.add(definition.name)
            if count[definition.name] > 1:
                open_names.add(definition.name)
        else:
            mentioned |= {name for name in open_names if _mentions(definition.text, name)}
    return found


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def _is_decorated(definition: Definition) -> bool:
    decorators: list[ast.expr] = getattr(definition.node, "decorator_list", [])
    return bool(decorators)


def match(old: Sequence[Definition], new: Sequence[Definition]) -> list[Pair]:
    """Pair siblings; the result follows the order of `new`, unpaired old ones come last."""
    left, right = list(old), list(new)
    partner: dict[int, Definition] = {}
    for key in (_by_text, _by_name, _by_tree, _by_source, _by_bindings, _by_lone_kind):
        if not left or not right:
            break
        _pair_by(key, left, right, partner)
    _pair_renamed(left, right, partner, old=old, new=new)
    _part_lone_accessors(left, partner, new)
    pairs: list[Pair] = [(partner.get(id(definition)), definition) for definition in new]
    pairs.extend((definition, None) for definition in left)
    return pairs


def _by_text(definition: Definition) -> Hashable:
    return definition.kind, definition.name, definition.text


def _by_name(definition: Definition) -> Hashable:
    if definition.kind is Kind.GUARD:
        return definition.kind
    if definition.name:
        kind = Kind.FUNCTION if definition.role != "lambda" else "lambda"
        return (definition.kind, kind, definition.name, definition.role)
    return None


def _by_tree(definition: Definition) -> Hashable:
    return None if definition.name else parts.dump(definition.node)


def _by_source(definition: Definition) -> Hashable:
    """From-imports of one module: names were added to or taken from the list."""
    node = definition.node
    if isinstance(node, ast.ImportFrom):
        return definition.kind, node.level, node.module
    return None


def _by_bindings(definition: Definition) -> Hashable:
    if definition.name or not definition.binds:
        return None
    kind = type(definition.node)
    return definition.kind, ast.Assign if kind is ast.AnnAssign else kind, definition.binds


def _by_lone_kind(definition: Definition) -> Hashable:
    """Functions whose role changed (a method that became a property's getter)."""
    if definition.kind is Kind.FUNCTION and definition.role != "lambda":
        return definition.kind, definition.name
    return None


def _pair_by(
    key: Key, left: list[Definition], right: list[Definition], partner: dict[int, Definition]
) -> None:
    waiting: defaultdict[Hashable, list[Definition]] = defaultdict(list)
    for definition in left:
        found = key(definition)
        if found is not None:
            waiting[found].append(definition)
    taken: set[int] = set()
    for definition in list(right):
        same = waiting.get(key(definition))
        if same:
            other = same.pop(0)
            partner[id(definition)] = other
            taken.update((id(definition), id(other)))
    left[:] = [definition for definition in left if id(definition) not in taken]
    right[:] = [definition for definition in right if id(definition) not in taken]


def _lasting(chosen: list[Definition], siblings: Sequence[Definition]) -> list[Definition]:
    """Leave out those of `chosen` whose name another one of `siblings` takes below them."""
    last = {name: definition for definition in siblings for name in definition.binds}
    return [d for d in chosen if last.get(d.name, d) is d]


def _pair_renamed(
    left: list[Definition],
    right: list[Definition],
    partner: dict[int, Definition],
    *,
    old: Sequence[Definition],
    new: Sequence[Definition],
) -> None:
    """Pair what only changed its name; what mentions a renamed one may be one in the next round."""
    renamed: dict[str, str] = {}
    found = -1
    while left and right and found < len(renamed) < RENAMED:
        found = len(renamed)
        bodies: defaultdict[str, list[Definition]] = defaultdict(list)
        for definition in _lasting(left, old):
            bodies[parts.nameless(definition, renamed)].append(definition)
        newcomers: defaultdict[str, list[Definition]] = defaultdict(list)
        for definition in _lasting(right, new):
            if id(definition) not in partner:
                newcomers[parts.nameless(definition)].append(definition)
        for body, candidates in newcomers.items():
            same = bodies.get(body, [])
            if body and len(same) == len(candidates) == 1:
                partner[id(candidates[0])] = same[0]
                left.remove(same[0])
                renamed[same[0].name] = candidates[0].name


def _part_lone_accessors(
    left: list[Definition], partner: dict[int, Definition], new: Sequence[Definition]
) -> None:
    """Part setters and the like from those that they were, where their getter has another name."""
    renamed = {
        (old.name, definition.name)
        for definition in new
        if not definition.role and (old := partner.get(id(definition))) is not None
    }
    for definition in new:
        found = partner.get(id(definition))
        if found is None or found.name == definition.name or not definition.role:
            continue
        if definition.role != "lambda" and (found.name, definition.name) not in renamed:
            left.append(partner.pop(id(definition)))


def _scope_edits(
    pairs: Sequence[Pair], owner: tuple[str, ...], unit: Definition | None, *, everything: bool
) -> list[Edit]:
    """Give the edits of a module or of the body of a class: all that bind in one scope."""
    edits = list(_edits(pairs, owner, unit, everything=everything))
    olds = [old for old, _ in pairs if old is not None]
    news = [new for _, new in pairs if new is not None]
    partner = {id(new): old for old, new in pairs if new is not None}
    olds.sort(key=lambda definition: definition.first)
    return settled(edits, olds, news, partner, (owner, unit))


def _edits(
    pairs: Sequence[Pair], owner: tuple[str, ...], unit: Definition | None, *, everything: bool
) -> Iterator[Edit]:
    for old, new in pairs:
        if new is None:
            if old is not None:
                yield Edit(Action.REMOVE, old, None, owner, unit)
            continue
        home = unit or new
        if old is None:
            yield from _appeared(new, owner, home)
        elif old.text == new.text and not everything:
            continue
        elif new.kind is Kind.FUNCTION and old.kind is Kind.FUNCTION:
            yield _function_edit(old, new, owner, home, everything=everything)
        elif new.kind is Kind.CLASS and old.kind is Kind.CLASS:
            yield from _class_edits(old, new, owner, home, everything=everything)
        else:
            yield from _statement_edits(old, new, owner, home, everything=everything)


def _appeared(new: Definition, owner: tuple[str, ...], home: Definition) -> Iterator[Edit]:
    if new.kind is Kind.GUARD:
        return  # never run; what it holds is no part of the running program
    action = Action.ADD if parts.is_definition(new) else Action.EXECUTE
    yield Edit(action, None, new, owner, home)


def _function_edit(
    old: Definition,
    new: Definition,
    owner: tuple[str, ...],
    home: Definition,
    *,
    everything: bool,
) -> Edit:
    changed = parts.function_parts(old, new)
    if everything:
        changed |= FLAGGED
    if old.name != new.name:
        return Edit(Action.RENAME, old, new, owner, home, changed)
    action = Action.UPDATE if changed else Action.RELINE
    return Edit(action, old, new, owner, home, changed)


def _class_edits(
    old: Definition,
    new: Definition,
    owner: tuple[str, ...],
    home: Definition,
    *,
    everything: bool,
) -> Iterator[Edit]:
    changed = parts.header_parts(old, new)
    if changed == {"name"}:
        flagged = FLAGGED if everything else frozenset()
        yield Edit(Action.RENAME, old, new, owner, home, changed | flagged)
        return
    pairs = match(*_both_living(old.children, new.children))
    if _other_order(pairs):
        changed |= {"order"}
    if changed:
        yield Edit(Action.HEADER, old, new, owner, home, changed)
    inner = (*owner, new.name)
    yield from _scope_edits(pairs, inner, home, everything=everything)


def _other_order(pairs: Sequence[Pair]) -> bool:
    """Tell whether attributes of a class changed places: fields and members have an order."""
    places = [
        old.first
        for old, new in pairs
        if old is not None and new is not None and new.kind is Kind.STATEMENT and new.binds
    ]
    return places != sorted(places)


def _statement_edits(
    old: Definition,
    new: Definition,
    owner: tuple[str, ...],
    home: Definition,
    *,
    everything: bool,
) -> Iterator[Edit]:
    if parts.same(old.node, new.node) and not everything:
        pairs = match(old.children, new.children)
        yield from _edits(pairs, owner, home, everything=False)
        return
    if new.kind is Kind.GUARD or not new.children or parts.shell(old) != parts.shell(new):
        if new.kind is Kind.GUARD or not parts.same(old.node, new.node):
            yield Edit(Action.EXECUTE, old, new, owner, home)
        if new.kind is not Kind.GUARD:
            return
    pairs = match(old.children, new.children)
    yield from _edits(pairs, owner, home, everything=everything)


def _moved_lines(pairs: Sequence[Pair]) -> Iterator[tuple[int, int]]:
    for old, new in pairs:
        if old is None or new is None:
            continue
        yield old.first, new.first
        if old.children and new.children:
            yield from _moved_lines(match(old.children, new.children))
