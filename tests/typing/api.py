"""The public typing, pinned: this file is only type-checked, never run."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import assert_type

import livepatch

# The way in, and out again.
with livepatch.watch() as everything:
    assert_type(everything, livepatch.Watch)
with livepatch.watch("src", Path("more"), poll=1.0, debounce=0.1, log="hotswap.log"):
    pass
assert_type(livepatch.watch("src", report=False).stop(), None)
livepatch.watch("src", 0.05)  # type: ignore[arg-type]  # options are keyword-only
livepatch.watch("src", poll="often")  # type: ignore[arg-type]

# Targets are modules, names and paths.
assert_type(livepatch.refresh(), livepatch.Patch)
assert_type(livepatch.refresh(sys, "app", Path("app.py")), livepatch.Patch)
livepatch.refresh(1)  # type: ignore[arg-type]

# A patch is a value.
patch = livepatch.undo()
assert_type(patch, livepatch.Patch)
assert_type(livepatch.undo(2), livepatch.Patch)
assert_type(livepatch.redo(), livepatch.Patch)
assert_type(livepatch.history(), tuple[livepatch.Patch, ...])
assert_type(patch.ok, bool)
assert_type(bool(patch), bool)
assert_type(patch.number, int)
assert_type(patch.kind, livepatch.PatchKind)
assert_type(patch.changes, tuple[livepatch.Change, ...])
assert_type(patch.errors, tuple[livepatch.Refusal, ...])
assert_type(patch.notes, tuple[livepatch.Note, ...])
assert_type(patch.files, tuple[str, ...])
assert_type(patch.seconds, float)
patch.number = 2  # type: ignore[misc]  # frozen

for change in patch.changes:
    assert_type(change.kind, livepatch.ChangeKind)
    assert_type((change.qualname, change.file, change.line), tuple[str, str, int])
for note in patch.notes:
    assert_type((note.slug, note.message, note.line), tuple[str, str, int])
for refusal in patch.errors:
    assert_type(
        (refusal.slug, refusal.column, refusal.waiting), tuple[str, int, tuple[str, ...]]
    )


# A callback may return anything; what comes back removes it.
def show(done: livepatch.Patch) -> int:
    """Take a patch, as a callback does."""
    return done.number


assert_type(livepatch.on_patch(show), Callable[[], None])
livepatch.on_patch(print)
livepatch.on_patch(len)  # type: ignore[arg-type]

# Errors have one root.
try:
    livepatch.refresh("nowhere")
except livepatch.NotTrackedError as error:
    assert_type(error.target, str)
    assert_type(error.slug, str)
except livepatch.LivepatchError:
    pass
