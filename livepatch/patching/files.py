"""Reads and writes whole files: a file is never seen half-written, and keeps its mode."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path


def read(file: str) -> bytes | None:
    """Give the bytes of `file`, None where it cannot be read."""
    try:
        return Path(file).read_bytes()
    except OSError:
        return None


def write(file: str, data: bytes) -> None:
    """Have `file` hold `data`, by renaming a new file over it where its folder lets us."""
    folder, name = os.path.split(file)
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder or ".")
    except OSError:
        Path(file).write_bytes(data)
        return
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        shutil.copymode(file, temporary)
        Path(temporary).replace(file)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise
