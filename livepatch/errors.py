"""Every exception that livepatch raises, under one root.

An exception means that the caller asked for something impossible. An edit that cannot be
applied is no exception: it is a `Refusal` in `Patch.errors`.
"""

from __future__ import annotations


class LivepatchError(Exception):
    """The root of all errors of livepatch; `slug` names the section of docs/messages.md."""

    slug = "livepatch"


class UsageError(LivepatchError):
    """An argument has the wrong type or names something that does not exist."""

    slug = "usage"


class NotTrackedError(LivepatchError):
    """A module or file was named that livepatch does not track; `target` holds what was named."""

    slug = "not-tracked"

    def __init__(self, target: str, reason: str) -> None:
        """Say that `target` is not tracked, and why."""
        super().__init__(f"{target}: {reason}")
        self.target = target
        self.reason = reason


class SourceError(LivepatchError):
    """The text of a file is not Python; the file, line and column are attributes, 1-based.

    `line_text` is the offending line without its newline, or empty where there is none.
    """

    slug = "source"

    def __init__(  # noqa: PLR0913  the six facts that a caret message is made of
        self,
        message: str,
        *,
        file: str,
        line: int,
        column: int = 0,
        line_text: str = "",
        slug: str = "source",
    ) -> None:
        """Hold the message of the compiler and the place that it names."""
        super().__init__(f"{file}:{line}: {message}")
        self.slug = slug
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.line_text = line_text


class ControlError(LivepatchError):
    """Another process could not be reached or refused; the message says what to do."""

    slug = "control"


class TargetError(UsageError):
    """What was named cannot be patched; `target` is its name, `reason` why, `advice` what to do."""

    slug = "target"

    def __init__(self, target: str, reason: str, advice: str) -> None:
        """Name the target, the reason and what to do."""
        super().__init__(f"{target}: {reason}; {advice}")
        self.target = target
        self.reason = reason
        self.advice = advice


class TargetTypeError(TargetError, TypeError):
    """The target is no function, method, class, module, or name of one."""

    slug = "target-type"


class UnknownTargetError(TargetError, LookupError):
    """The target's name leads nowhere, or its source no longer holds it."""

    slug = "unknown-target"


class BuiltinTargetError(TargetError, TypeError):
    """The target is made in C and has no Python code."""

    slug = "builtin-target"


class NoSourceError(TargetError):
    """The code of the target comes from no file that livepatch can read."""

    slug = "no-source"


class FrozenModuleError(TargetError):
    """The target belongs to a module that is frozen into the interpreter."""

    slug = "frozen-module"


class FrozenTargetError(TargetError):
    """The target was given to `livepatch.freeze()`, so it is never patched."""

    slug = "frozen-target"


class SourceMismatchError(TargetError):
    """The new source defines something else than the target, or more than one thing."""

    slug = "source-mismatch"


class OutOfSyncError(TargetError):
    """The file or the definition has changed since, so that a save or an undo would lose that."""

    slug = "out-of-sync"


class PatchRefusedError(LivepatchError):
    """A patch that had to be applied was refused; `patch.errors` says why."""

    slug = "refused"

    def __init__(self, target: str, reasons: str) -> None:
        """Say what was refused, and why."""
        super().__init__(f"{target}: the patch was refused: {reasons}")
        self.target = target


class StoreError(LivepatchError):
    """The script store cannot be reached, or holds no such script or version."""

    slug = "store"


class ConflictError(StoreError):
    """A script was changed by somebody else since; `expected` and `found` are versions."""

    slug = "store-conflict"

    def __init__(self, name: str, *, expected: int, found: int) -> None:
        """Say which version was expected and which one is there."""
        super().__init__(f"{name}: version {expected} was expected, the newest is {found}")
        self.name = name
        self.expected = expected
        self.found = found


class SignatureError(LivepatchError):
    """A script is not signed by an author who is trusted; nothing of it was executed."""

    slug = "signature"


class TimeLimitError(LivepatchError):
    """A script ran longer than it may; the message says where, and whether it has ended."""

    slug = "time-limit"


class ScriptRefusedError(LivepatchError):
    """A script, or its new version, could not be taken; an old one goes on. `reasons` say why, one line each."""

    slug = "script-refused"

    def __init__(self, name: str, reasons: tuple[str, ...]) -> None:
        """Say what was refused, and why."""
        super().__init__(f"{name}: {'; '.join(reasons)}")
        self.name = name
        self.reasons = reasons


class PluginError(LivepatchError):
    """A plugin of a web application cannot be what it is asked to be; what ran before goes on."""

    slug = "plugin"


class PluginConfigError(PluginError, ValueError):
    """A `plugin.json` is missing or not as it has to be; `reasons` say why, one line each."""

    slug = "plugin-config"

    def __init__(self, file: str, reasons: tuple[str, ...]) -> None:
        """Say what is wrong in which file."""
        super().__init__(f"{file}: {'; '.join(reasons)}")
        self.file = file
        self.reasons = reasons


class PluginStateError(PluginError, RuntimeError):
    """A plugin cannot be moved so from the state that it is in, or its id or domain is taken."""

    slug = "plugin-state"


class PluginImportError(PluginError, ImportError):
    """The code of a plugin raised while it was imported, or makes no plugin; nothing of it stays."""

    slug = "plugin-import"
