"""What `livepatch attach` has run inside the other process, in its main thread."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from livepatch import api

LATER = ("rich.color", "rich.style", "watchdog.observers")
"""What reports and the watcher may import later, when the path that leads there is gone again."""


def begin(paths: Sequence[str]) -> dict[str, Any]:
    """Watch `paths` and be reachable; give what there is to say about it.

    Without `paths` the folder of the program is watched. Nothing is applied: files that
    differ from the running code stay as they are until they are saved, or `apply` is asked for.
    """
    for name in LATER:
        with contextlib.suppress(ImportError):
            import_module(name)
    chosen = list(paths) or [program_folder()]
    watch = api.watch(*chosen, control=True, catch_up=False)
    patcher = api.default_patcher()
    return {"ok": True, "pid": os.getpid(), "roots": chosen, "files": len(patcher.files()),
            "watch": repr(watch)}  # fmt: skip


def program_folder() -> str:
    """Give the folder of the main script, or the working directory."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None) or (sys.argv[0] if sys.argv else "")
    folder = os.path.dirname(os.path.abspath(file)) if file else ""  # noqa: PTH100, PTH120
    return folder if os.path.isdir(folder) else os.getcwd()  # noqa: PTH109, PTH112
