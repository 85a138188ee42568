"""The one name under which a file is known."""

from __future__ import annotations

import os


def real_path(file: str) -> str:
    """Give the one name under which a file is known; `<...>` names no file and stays."""
    if file.startswith("<"):
        return file
    return os.path.realpath(file)
