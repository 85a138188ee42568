"""The values that the stages exchange: frozen, comparable, without a live object in them.

The one exception is `Write`, one assignment to a live object: `runtime.swap` carries it out.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from types import CellType, CodeType
from typing import NewType, Protocol

from livepatch.errors import UsageError

QualName = NewType("QualName", str)
FileName = NewType("FileName", str)
LineNo = NewType("LineNo", int)


class _Singletons(Enum):
    """An Enum whose members are hashed as what they are; Enum's own hash is a Python function."""

    __hash__ = object.__hash__


class Kind(_Singletons):
    """What a definition defines."""

    FUNCTION = "function"  # def, async def, and a lambda bound to one name
    CLASS = "class"
    IMPORT = "import"
    STATEMENT = "statement"  # any other statement; a compound one may hold definitions
    GUARD = "guard"  # the block under `if __name__ == "__main__":`


class ChangeKind(_Singletons):
    """How a definition differs from the baseline."""

    UPDATED = "updated"
    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    EXECUTED = "executed"  # a statement that was new or had changed was run


@dataclass(frozen=True, slots=True)
class Definition:
    """One `def`, `class` or other statement as a text states it.

    `first` is the line of the first decorator or of the statement itself, `line` the line
    of the keyword, `end` the last line; 1-based, in the whole file. `text` is the source
    from `first` to `end`; equal text means an equal syntax tree. `binds` are the names
    that the statement binds in its own scope. `children` are the statements of a class
    body, or the definitions inside a compound statement. Siblings of one name (a property's
    getter and setter, overloads, the arms of an `if`) are told apart by `role` and order.
    """

    qualname: QualName
    name: str
    kind: Kind
    role: str
    first: int
    line: int
    end: int
    text: str
    binds: frozenset[str]
    node: ast.stmt = field(compare=False, repr=False)
    children: tuple[Definition, ...] = ()


class Action(_Singletons):
    """What an edit asks of the running program."""

    ADD = "add"  # execute a new function or class
    UPDATE = "update"  # a function: its parts say what changed
    HEADER = "header"  # a class: decorators, bases, keywords or type parameters
    REMOVE = "remove"
    RENAME = "rename"  # a function or class that only changed its name
    EXECUTE = "execute"  # run a new or changed statement
    RELINE = "reline"  # same syntax tree, other lines


@dataclass(frozen=True, slots=True)
class Edit:
    """One step of a plan: `old` becomes `new` (either is None where there is none).

    `owner` names the enclosing classes, outermost first; `unit` is the new top-level statement
    around `new`. `parts` says what differs: `body`, `docstring`, `signature`, `annotations`,
    `decorators`, `bases`, `type_params`, `kind`, `name`, `order` (of a class's attributes), and
    `default NAME` for each parameter with another default. `held` names stay as they are: a
    statement below binds them, on the given line if it would have to run again (else 0).
    """

    action: Action
    old: Definition | None
    new: Definition | None
    owner: tuple[str, ...] = ()
    unit: Definition | None = None
    parts: frozenset[str] = frozenset()
    held: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class FilePlan:
    """All edits of one file, in source order, removals last.

    Lines after `cut` moved by `delta`; `lines` maps old to new first lines inside the region.
    """

    file: str
    edits: tuple[Edit, ...]
    cut: int
    delta: int
    lines: tuple[tuple[int, int], ...]
    old: tuple[Definition, ...] = ()
    new: tuple[Definition, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One change that a committed patch made, as the report shows it.

    `detail` says in words what changed ("body, 1 default"); `qualname` is the dotted path
    in the module, or the statement's own first line for one that binds no name.
    """

    kind: ChangeKind
    qualname: str
    file: str
    line: int
    module: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is true of the running program but not as on disk.

    `slug` names the section of docs/messages.md that explains it and says what to do.
    """

    slug: str
    qualname: str
    file: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why a batch was not applied.

    `waiting` are the other files of the batch, which are whole but wait for this one.
    `line_text` and `column` (1-based, 0 for none) place the caret under a syntax error.
    `traceback` is the text of the program's own exception, where its code raised one.
    """

    slug: str
    file: str
    line: int
    message: str
    qualname: str = ""
    column: int = 0
    line_text: str = ""
    waiting: tuple[str, ...] = ()
    traceback: str = ""

    def __str__(self) -> str:
        """Give `file:line: message`."""
        return f"{self.file}:{self.line}: {self.message}"


class PatchKind(Enum):
    """Where a patch came from."""

    FILES = "files"
    STRING = "string"
    UNDO = "undo"
    REDO = "redo"
    RERUN = "rerun"


class Origin(Protocol):
    """What a patch was made of, where it was made of a string: knows the way back."""

    def undo(self) -> Patch:
        """Put back what was there before the patch."""

    def save(self) -> str:
        """Write the patched definition to its file, and give the path."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Something that a patch has not reached yet.

    `kind` is `frame` (executes old code), `suspended` (a generator or coroutine in old code),
    `session` (pinned to an older version) or `not-called` (new code); `where` is the thread.
    """

    kind: str
    qualname: str
    file: str
    line: int
    where: str


class Reach(Protocol):
    """Knows how far a committed patch has come."""

    def pending(self) -> tuple[Pending, ...]:
        """Give what still runs old code, then new code that nobody has called."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs old code; tell whether that is so."""


@dataclass(frozen=True, slots=True)
class Patch:
    """The outcome of one transaction.

    `number` counts committed patches from 1; it is 0 where nothing was committed (nothing
    had changed, or the batch is held). `ok` is false exactly when `errors` is not empty.
    `seconds` is the time from reading the files to the end of the commit.
    """

    number: int
    kind: PatchKind = PatchKind.FILES
    changes: tuple[Change, ...] = ()
    errors: tuple[Refusal, ...] = ()
    notes: tuple[Note, ...] = ()
    files: tuple[str, ...] = ()
    seconds: float = 0.0
    origin: Origin | None = field(default=None, compare=False, repr=False)
    reach: Reach | None = field(default=None, compare=False, repr=False)

    def pending(self) -> tuple[Pending, ...]:
        """Give what still runs the code from before this patch, then what was not called yet.

        Empty for a patch that committed nothing. New code that was never called is named
        from Python 3.13 on.
        """
        return () if self.reach is None else self.reach.pending()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait up to `timeout` seconds until nothing runs old code; tell whether that is so."""
        return True if self.reach is None else self.reach.wait(timeout)

    def undo(self) -> Patch:
        """Take back this patch of `livepatch.patch()`; later patches stay (docs/strings.md)."""
        return self._origin("undo").undo()

    def save(self) -> str:
        """Write this patch of `livepatch.patch()` to its file; give the path (docs/strings.md)."""
        return self._origin("save").save()

    def _origin(self, verb: str) -> Origin:
        if self.origin is None:
            message = f"{verb}: livepatch.patch() did not make this patch; see livepatch.undo()"
            raise UsageError(message)
        return self.origin

    @property
    def ok(self) -> bool:
        """True unless something was refused."""
        return not self.errors

    def __bool__(self) -> bool:
        """Be true when something was committed."""
        return self.number > 0

    def __repr__(self) -> str:
        """Give one line: number, outcome, counts."""
        if self.errors:
            return f"<Patch held: {self.errors[0]}>"
        if not self.number:
            return "<Patch: nothing changed>"
        counts = Counter(change.kind.value for change in self.changes)
        what = ", ".join(f"{n} {kind}" for kind, n in counts.items()) or "lines only"
        notes = f", {len(self.notes)} notes" if self.notes else ""
        return f"<Patch #{self.number} ok: {what}{notes}>"


class Verdict(Enum):
    """What an edit would do to a running program, from harmless to grave."""

    SAFE = "safe"
    LOSES = "loses"  # it goes live, and something the program had is replaced
    RESTART = "restart"  # it cannot take effect, or not wholly, before a restart


@dataclass(frozen=True, slots=True)
class Finding:
    """What one edit would do, said before it is applied."""

    verdict: Verdict
    slug: str
    qualname: str
    file: str
    line: int
    message: str


class WriteKind(_Singletons):
    """The ways in which a live object can be changed; `runtime.swap` knows how."""

    ATTRIBUTE = "attribute"  # setattr / delattr
    TYPE_ATTRIBUTE = "type-attribute"  # type.__setattr__ / type.__delattr__
    INSTANCE_ATTRIBUTE = "instance-attribute"  # object.__setattr__ / object.__delattr__
    INSTANCE_CLASS = "instance-class"  # the class of an instance
    ITEM = "item"  # mapping[key] = value / del mapping[key]
    FUNCTION = "function"  # code, closure, defaults and version of a function at once
    CODE = "code"  # the code, and nothing else, of all functions that share one
    MEMBER = "member"  # of a list: the name is the object, the value its place
    CELL = "cell"  # the contents of a closure cell
    FIRST_LINE = "first-line"  # co_firstlineno of a code object, in place
    GLOBAL_NAME = "global-name"  # co_names[name] of a code object, in place
    CALL = "call"  # call `value`: a cache that the new code makes stale is cleared


class _Missing(Enum):
    MISSING = "missing"


MISSING = _Missing.MISSING
"""The value of a `Write` that deletes, and the old value of a name that was not there."""


@dataclass(slots=True)
class Write:
    """One assignment to a live object: `target`'s `name` becomes `value` (MISSING: it goes)."""

    kind: WriteKind
    target: object
    name: object
    value: object
    base: object = MISSING  # what the write that this one takes back has put there


@dataclass(frozen=True, slots=True)
class FunctionState:
    """All of a function that a swap replaces; `version` 0 means: leave it unspecialised."""

    code: CodeType
    closure: tuple[CellType, ...] | None
    defaults: tuple[object, ...] | None
    kwdefaults: dict[str, object] | None
    version: int = 0
