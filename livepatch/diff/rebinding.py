"""Names that several statements of one scope bind: which of them run so that the last one holds.

A fresh interpreter would run them all. Here an edit above a statement that binds the same name
for good leaves the name alone, and one above a statement that goes on from what it finds
(`X += 1`, an `if`, a `try` around an import) lets that one run again, if it calls nothing.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from livepatch.model import Action, Definition, Edit, Kind

Held = dict[int, dict[str, int]]  # by the id of a definition: name -> line that keeps it
RUNS = frozenset({Action.EXECUTE, Action.ADD})
SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.If, ast.Try, ast.Import, ast.ImportFrom)
EFFECTS = (
    ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda, ast.FunctionDef, ast.ClassDef,
    ast.AsyncFunctionDef, ast.Delete, ast.With, ast.AsyncWith, ast.AsyncFor, ast.While, ast.For,
)  # fmt: skip


def settled(
    edits: Sequence[Edit],
    old: Sequence[Definition],
    new: Sequence[Definition],
    partner: Mapping[int, Definition | None],
    place: tuple[tuple[str, ...], Definition | None],
) -> list[Edit]:
    """Give the edits of one scope, the statements that have to run again among them.

    `old` and `new` are all statements of the scope, `partner` the old one by the id of the new
    one; `place` is the owner of the scope and its top-level statement.
    """
    old, new = _without_guard(old), _without_guard(new)
    names = _bound_more_than_once(old) | _bound_more_than_once(new)
    if not names:
        return list(edits)
    running = {id(edit.new) for edit in edits if edit.action in RUNS}
    held: Held = {}
    again: list[Definition] = []
    hidden: set[int] = set()
    for name in sorted(names):
        before = [definition for definition in old if name in definition.binds]
        after = [definition for definition in new if name in definition.binds]
        sequence = _Sequence(name, before, after, partner)
        if sequence.is_of_functions:  # the last one is known for what it is
            hidden.update(_uncovered(sequence, running, again))
        else:
            _settle(sequence, running, held, again)
    owner, unit = place
    more = {
        id(definition): _run_again(definition, partner, owner, unit) for definition in again
    }
    ordered = _in_order(edits, new, more, hidden)
    return [_with_held(edit, held) for edit in ordered if not _works_on_held(edit, held)]


def _works_on_held(edit: Edit, held: Held) -> bool:
    """Tell whether the statement would change the value that a later one has given (`X *= 2`)."""
    new = edit.new
    if new is None or not isinstance(new.node, ast.AugAssign) or not new.binds:
        return False
    lines = held.get(id(new), {})
    return all(lines.get(name) == 0 for name in new.binds)


def _without_guard(definitions: Sequence[Definition]) -> list[Definition]:
    return [definition for definition in definitions if definition.kind is not Kind.GUARD]


def _bound_more_than_once(definitions: Sequence[Definition]) -> set[str]:
    bound = [name for definition in definitions for name in definition.binds]
    if len(set(bound)) == len(bound):
        return set()
    counts = Counter(bound)
    apart = {definition.name for definition in definitions if definition.role}
    return {name for name, count in counts.items() if count > 1} - apart - {"*"}


class _Sequence:
    """The statements that bind `name`, in both texts."""

    def __init__(
        self,
        name: str,
        old: Sequence[Definition],
        new: Sequence[Definition],
        partner: Mapping[int, Definition | None],
    ) -> None:
        self.name = name
        self.new = new
        self.start = self._last_definite(new)
        self.tail = new[self.start :]
        known = [partner.get(id(definition)) for definition in self.tail]
        left = old[self._last_definite(old) :]
        self.is_same = all(map(_equal, known, self.tail)) and _same_objects(known, left)
        kept = {id(definition) for definition in known}
        self.lost = [definition for definition in left if id(definition) not in kept]
        every = (*old, *new)
        self.is_of_functions = all(definition.kind is Kind.FUNCTION for definition in every)

    def decorates(self, definition: Definition) -> bool:
        """Tell whether `definition` is `f = wrap(f)` below `def f`: a decorator by hand."""
        is_function = self.tail[0].kind is Kind.FUNCTION
        node = definition.node
        return is_function and isinstance(node, ast.Assign) and reads(node, self.name)

    def _last_definite(self, definitions: Sequence[Definition]) -> int:
        for index in range(len(definitions) - 1, -1, -1):
            if binds_for_good(definitions[index].node, self.name):
                return index
        return 0


def _equal(old: Definition | None, new: Definition) -> bool:
    return old is not None and old.text == new.text


def _same_objects(left: Sequence[object], right: Sequence[object]) -> bool:
    return [id(item) for item in left] == [id(item) for item in right]


def _uncovered(
    sequence: _Sequence, running: set[int], again: list[Definition]
) -> Iterator[int]:
    """Execute the function that another one of its name has hidden so far; give its id."""
    first = sequence.tail[0] if sequence.tail else None
    if first is not None and sequence.lost and id(first) not in running:
        again.append(first)
        yield id(first)


def _settle(
    sequence: _Sequence, running: set[int], held: Held, again: list[Definition]
) -> None:
    """Decide for one name what keeps its value and what runs again."""
    edited = [definition for definition in sequence.new if id(definition) in running]
    if not edited and not sequence.lost:
        return
    above = edited if sequence.is_same else sequence.new[: sequence.start]
    for definition in above:
        if id(definition) in running:
            held.setdefault(id(definition), {}).setdefault(sequence.name, 0)
    if not sequence.is_same:
        _run_from_the_first(sequence, running, held, again)


def _run_from_the_first(
    sequence: _Sequence, running: set[int], held: Held, again: list[Definition]
) -> None:
    """Run again what follows the first statement of the tail that runs anyway, as far as it goes."""
    name, tail = sequence.name, sequence.tail
    started = bool(sequence.lost) or any(
        id(definition) in running and reads(definition.node, name) for definition in tail
    )
    ran: list[Definition] = []
    for definition in tail:
        is_first = definition is tail[0] and (
            bool(sequence.lost) or (started and definition.kind is Kind.FUNCTION)
        )
        if id(definition) in running:
            ran.append(definition)
        elif not started and not ran:
            continue
        elif (
            can_run_again(definition.node)
            or sequence.decorates(definition)
            or (is_first and _is_definition(definition))
        ):
            again.append(definition)
            ran.append(definition)
        elif reads(definition.node, name) or binds_for_good(definition.node, name):
            _keep(name, definition.line, [*ran, *sequence.lost], held, again)
            return


def _keep(
    name: str, line: int, ran: Sequence[Definition], held: Held, again: list[Definition]
) -> None:
    """Let `name` be as it is: the statement on `line`, which does not run again, decides."""
    ids = {id(definition) for definition in ran}
    for number in ids:
        held.setdefault(number, {})[name] = line
    again[:] = [d for d in again if id(d) not in ids or len(d.binds) > 1]


def _is_definition(definition: Definition) -> bool:
    return definition.kind in {Kind.FUNCTION, Kind.CLASS}


def binds_for_good(node: ast.stmt, name: str) -> bool:
    """Tell whether `node` always binds `name`, whatever the name held before."""
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return False
    kinds = (
        ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.FunctionDef,
        ast.AsyncFunctionDef, ast.ClassDef,
    )  # fmt: skip
    if not isinstance(node, kinds):
        return False
    outer: Sequence[ast.AST] = [node]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        outer = node.decorator_list
    return not any(reads(item, name) for item in outer)


def reads(node: ast.AST, name: str) -> bool:
    """Tell whether `node` goes on from what `name` holds."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and child.id == name and isinstance(child.ctx, ast.Load):
            return True
        if isinstance(child, ast.AugAssign):
            target = child.target
            if isinstance(target, ast.Name) and target.id == name:
                return True
    return False


def can_run_again(node: ast.stmt) -> bool:
    """Tell whether running `node` once more does nothing but bind names."""
    if not isinstance(node, SIMPLE):
        return False
    for child in ast.walk(node):
        if isinstance(child, EFFECTS):
            return False
        if isinstance(child, ast.Attribute | ast.Subscript) and not isinstance(
            child.ctx, ast.Load
        ):
            return False
    return True


def _run_again(
    definition: Definition,
    partner: Mapping[int, Definition | None],
    owner: tuple[str, ...],
    unit: Definition | None,
) -> Edit:
    action = Action.ADD if _is_definition(definition) else Action.EXECUTE
    return Edit(action, partner.get(id(definition)), definition, owner, unit or definition)


def _in_order(
    edits: Sequence[Edit],
    new: Sequence[Definition],
    more: Mapping[int, Edit],
    hidden: Collection[int],
) -> Iterator[Edit]:
    """Give `edits` with those of `more` in their places, by the order of `new`."""
    if not more:
        yield from edits
        return
    waiting = [definition for definition in new if id(definition) in more]
    for edit in edits:
        if id(edit.new) in hidden:
            continue  # no name leads to what it would update: it is executed
        line = edit.new.first if edit.new is not None else 0
        while waiting and edit.new is not None and waiting[0].first < line:
            yield more[id(waiting.pop(0))]
        yield edit
    for definition in waiting:
        yield more[id(definition)]


def _with_held(edit: Edit, held: Held) -> Edit:
    names = held.get(id(edit.old), {}) | held.get(id(edit.new), {})
    return replace(edit, held=tuple(sorted(names.items()))) if names else edit
