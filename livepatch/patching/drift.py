"""Files whose baseline nobody noted: the running code itself is compared with the text on disk.

A module that was imported before livepatch watched it may run an older text than the file holds
now. Functions tell by their code; statements only where the old top-level code is still there
(it is running, or the `.pyc` kept it). What cannot be decided is left alone and named in a note.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import CodeType, FunctionType, ModuleType
from typing import Any

from livepatch.model import (
    Action,
    Definition,
    Edit,
    FilePlan,
    Kind,
    Note,
    QualName,
)  # fmt: skip
from livepatch.patching.differing import differing_parts, is_other_literal
from livepatch.patching.registry import TrackedFile
from livepatch.runtime import drift, lookup
from livepatch.source import codes, compiling, regions, scopes
from livepatch.source.text import SourceText

BELOW_ALL = 10**9  # a line after the last one: every line of the file is compared
MOST_NAMES = 5


def make_late_plan(
    tracked: TrackedFile, source: SourceText, root: CodeType
) -> tuple[FilePlan, tuple[Note, ...]]:
    """Give the plan from what the module runs to `source`, and what could not be compared.

    `root` is the code of the whole new text.
    """
    new = regions.outline_of(source.text, tracked.file)
    modules = tracked.live_modules()
    if not modules:
        return FilePlan(tracked.file, (), BELOW_ALL, 0, (), (), new), ()
    comparison = Comparison(tracked, modules[0], source.text, root)
    edits = [*comparison.edits(new), *comparison.removals()]
    edits.sort(key=lambda edit: edit.action is Action.REMOVE)
    moved = tuple((old.first, line) for old, line in comparison.moved)
    old = tuple(definition for definition, _ in comparison.moved)
    plan = FilePlan(tracked.file, tuple(edits), BELOW_ALL, 0, moved, old, new)
    return plan, comparison.notes()


class Comparison:
    """One module beside the text on disk."""

    def __init__(
        self, tracked: TrackedFile, module: ModuleType, text: str, root: CodeType
    ) -> None:
        """Gather what the module runs."""
        self.moved: list[tuple[Definition, int]] = []
        self._file = tracked.file
        self._module = module
        self._files = frozenset(tracked.names)
        self._functions = drift.functions_by_name(module, tracked.names)
        self._places = compiling.codes_by_place(root)
        self._new_names = codes.nested_by_name(root)
        self._new = codes.Bodies(root)
        self._root = root
        self._bound = scopes.names_bound(text)
        self._unsure: list[str] = []
        self._paired: dict[str, dict[int, FunctionType]] = {}
        self._deleted, self._assigned = scopes.names_deleted_and_assigned(text)
        self._class_binds: dict[tuple[str, ...], set[str]] = {}
        self._running = drift.executing_root(module)
        old = self._running[0] if self._running else self._from_cache(tracked.file)
        self._old = None if old is None else codes.Bodies(old)
        self._old_names: Mapping[str, object] = {} if old is None else codes.nested_by_name(old)

    def _from_cache(self, file: str) -> CodeType | None:
        """Give the code of the `.pyc`, if it is what the live functions run."""
        root = drift.cached_root(self._module, file)
        if root is None:
            return None
        for name, made in codes.nested_by_name(root).items():
            for function in self._functions.get(name, ()):
                if not any(codes.same_code(function.__code__, code) for code in made):
                    return None
        return root

    def edits(
        self,
        definitions: Sequence[Definition],
        owner: tuple[str, ...] = (),
        unit: Definition | None = None,
        *,
        conditional: bool = False,
    ) -> Iterator[Edit]:
        """Give the edits for `definitions`, the statements of one body of the new text."""
        space = self._space(owner)
        if space is None:
            return
        self._class_binds.setdefault(owner, set()).update(*(d.binds for d in definitions))
        for new in definitions:
            home = unit or new
            if new.kind is Kind.FUNCTION:
                yield from self._function(new, owner, home, space, conditional=conditional)
            elif new.kind is Kind.CLASS:
                yield from self._class(new, owner, home, space, conditional=conditional)
            elif new.kind is not Kind.GUARD:
                if self._is_to_be_run(new, owner, space, conditional=conditional):
                    yield Edit(Action.EXECUTE, None, new, owner, home)
                yield from self.edits(new.children, owner, home, conditional=True)

    def _space(self, owner: tuple[str, ...]) -> Mapping[str, Any] | None:
        if not owner:
            return vars(self._module)
        cls = lookup.resolve_class(self._module, owner)
        return None if cls is None else vars(cls)

    def _function(
        self,
        new: Definition,
        owner: tuple[str, ...],
        home: Definition,
        space: Mapping[str, Any],
        *,
        conditional: bool,
    ) -> Iterator[Edit]:
        code = compiling.lift(self._places, new)
        if code is None:
            return
        if new.name not in space:
            if not (conditional or new.role or self._existed(new) or new.name in self._deleted):
                yield Edit(Action.ADD, None, new, owner, home)
            return
        live = self._live(new, code, space)
        if live is None:
            return
        old_code = live.__code__
        old = replace(
            new, first=old_code.co_firstlineno, line=old_code.co_firstlineno,
            end=old_code.co_firstlineno, text="",
        )  # fmt: skip
        header = self._header_changed(new, owner)
        changed = differing_parts(live, code, new, header=header)
        if changed:
            yield Edit(Action.UPDATE, old, new, owner, home, changed)
        elif not codes.same_lines(old_code, code):
            yield Edit(Action.RELINE, old, new, owner, home)
        self.moved.append((old, code.co_firstlineno))

    def _live(
        self, new: Definition, code: CodeType, space: Mapping[str, Any]
    ) -> FunctionType | None:
        """Give the live function of `new`: the one with its code, else the one in its place."""
        if new.role == "lambda":
            value = space.get(new.name)
            fits = (
                type(value) is FunctionType and value.__code__.co_qualname == code.co_qualname
            )
            return value if fits else None
        name = code.co_qualname
        if name not in self._paired:
            self._paired[name] = self._pairs(name, space.get(new.name))
        return self._paired[name].get(id(code))

    def _pairs(self, name: str, value: object) -> dict[int, FunctionType]:
        """Pair what the new text defines as `name` with what is live: equal code, then order.

        The arms of an `if`, and overloads, have no live function for some of them; where it
        cannot be said which one lives, none is paired.
        """
        siblings = self._new_names[name]
        live = list({id(one.__code__): one for one in self._functions.get(name, ())}.values())
        found: dict[int, FunctionType] = {}
        for code in siblings:
            same = [one for one in live if codes.same_code(one.__code__, code)]
            if same:
                line = code.co_firstlineno
                best = min(same, key=lambda one: abs(one.__code__.co_firstlineno - line))
                found[id(code)] = best
                live.remove(best)
        rest = [code for code in siblings if id(code) not in found]
        if len(rest) == 1 < len(live):
            live = [
                one
                for one in lookup.reach(value)
                if isinstance(one, FunctionType) and one in live
            ]
        if len(rest) == len(live):
            found |= {id(code): one for code, one in zip(rest, live, strict=True)}
        elif rest and live:
            self._unsure.append(name)
        return found

    def _class(
        self,
        new: Definition,
        owner: tuple[str, ...],
        home: Definition,
        space: Mapping[str, Any],
        *,
        conditional: bool,
    ) -> Iterator[Edit]:
        path = (*owner, new.name)
        if self._space(path) is None:
            known = new.name in space or new.name in self._deleted or self._existed(new)
            if not (conditional or known):
                yield Edit(Action.ADD, None, new, owner, home)
            return
        if self._header_changed(new, owner):
            decorated = bool(getattr(new.node, "decorator_list", []))
            part = "decorators" if decorated else "bases"
            yield Edit(
                Action.HEADER, replace(new, text=""), new, owner, home, frozenset({part})
            )
        if self._is_of_this_file(new, path):
            yield from self.edits(new.children, path, home, conditional=conditional)

    def _is_of_this_file(self, new: Definition, path: tuple[str, ...]) -> bool:
        """Tell whether the live class was made here: C code may have put its own in its place."""
        if not any(child.kind is Kind.FUNCTION for child in new.children):
            return True
        cls = lookup.resolve_class(self._module, path)
        prefix = f"{'.'.join(path)}."
        made = lookup.class_functions(cls, self._is_ours, set()) if cls is not None else ()
        return any(function.__code__.co_qualname.startswith(prefix) for function in made)

    def _is_ours(self, code: CodeType) -> bool:
        return code.co_filename in self._files

    def _segments(self, new: Definition, owner: tuple[str, ...]) -> list[codes.Segment]:
        name = ".".join(owner)
        bodies = self._new_names.get(name, []) if owner else [self._root]
        last = new.end
        if new.kind in {Kind.FUNCTION, Kind.CLASS}:
            body: list[ast.stmt] = getattr(new.node, "body", [new.node])
            last = body[0].lineno - 1
            last = max(last, new.line)
        return [
            segment
            for body in bodies
            for line, segment in codes.segments(body)
            if new.first <= line <= last
        ]

    def _header_changed(self, new: Definition, owner: tuple[str, ...]) -> bool:
        """Tell whether the old code is known, and ran this definition in another way."""
        if self._old is None or self._running or not self._existed(new):
            return False
        name = ".".join(owner)
        return any(not self._old.had(name, segment) for segment in self._segments(new, owner))

    def _existed(self, new: Definition) -> bool:
        return str(new.qualname) in self._old_names

    def _is_to_be_run(
        self,
        new: Definition,
        owner: tuple[str, ...],
        space: Mapping[str, Any],
        *,
        conditional: bool,
    ) -> bool:
        """Tell whether a statement is surely new or changed; what is unsure is noted."""
        if self._old is not None:
            name = ".".join(owner)
            found = self._segments(new, owner)
            changed = any(not self._old.had(name, segment) for segment in found)
            if changed and self._running:
                self._unsure.append(str(new.qualname))
            return changed and not self._running
        names = new.binds - {"*"}
        if (
            new.children
            or not names
            or not isinstance(new.node, ast.Assign | ast.Import | ast.ImportFrom)
        ):
            return False
        if conditional or names & self._deleted:
            return False
        if all(name not in space for name in names):
            plain = not owner or type(lookup.resolve_class(self._module, owner)) is type
            return plain and not any(name.startswith("__") for name in names)
        value = getattr(new.node, "value", None)
        if len(names) == 1 and value is not None:
            (only,) = names
            if only not in self._assigned and is_other_literal(value, space.get(only)):
                self._unsure.append(".".join((*owner, only)))
        return False

    def removals(self) -> Iterator[Edit]:
        """Give the removals of what the module has and the new text does not bind."""
        done: set[tuple[tuple[str, ...], str]] = set()
        for qualname, line in self._bound_by_old_text():
            *path, name = qualname.split(".")
            owner = tuple(path)
            space = self._space(owner)
            known = self._class_binds.get(owner) if owner else self._bound
            if space is None or known is None or name in known or name not in space:
                continue
            if (owner, name) not in done:
                done.add((owner, name))
                old = Definition(
                    QualName(qualname), name, Kind.FUNCTION, "", line, line, line, "",
                    frozenset({name}), ast.Pass(),
                )  # fmt: skip
                yield Edit(Action.REMOVE, old, None, owner, None)

    def _bound_by_old_text(self) -> Iterator[tuple[str, int]]:
        """Give the qualified names that the old text surely bound, with a line of it."""
        for qualname, made in self._functions.items():
            if "<" in qualname:
                continue
            line = made[0].__code__.co_firstlineno
            *path, name = qualname.split(".")
            if name.startswith("__annotate"):
                continue  # what 3.14 makes of annotations
            space = self._space(tuple(path)) or {}
            found = lookup.reach(space.get(name))
            if any(one in made for one in found if type(one) is FunctionType):
                yield qualname, line
            if path:
                yield path[0], line  # the class around it, if that is gone
        if self._old is not None:
            for name in sorted(self._old.stores("")):
                if not name.startswith("__"):
                    yield name, 1

    def notes(self) -> tuple[Note, ...]:
        """Give the note on what may differ and could not be decided."""
        if not self._unsure:
            return ()
        names = ", ".join(self._unsure[:MOST_NAMES])
        if len(self._unsure) > MOST_NAMES:
            names += f" and {len(self._unsure) - MOST_NAMES} more"
        message = (
            f"imported before livepatch watched it; {names} may not be as in the file "
            "(edited before, or assigned by the program) and was left alone"
        )
        return (Note("late-baseline", self._module.__name__, self._file, 1, message),)
