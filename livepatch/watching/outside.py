"""Files that are imported from outside every watched folder: mentioned once, under `-v`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

INSTALLED = ("site-packages", "dist-packages")


class Outside:
    """Says once for each folder that what is imported from there is not patched."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Have said nothing."""
        self._say = say
        self._said: set[str] = set()
        library = os.path.dirname(os.__file__)  # noqa: PTH120  pathlib is slow to import
        own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
        prefixes = (library, os.path.realpath(library), sys.base_prefix, sys.prefix, own)
        self._known = tuple(prefix + os.sep for prefix in prefixes)

    def note(self, file: str) -> None:
        """Mention `file`, unless it belongs to Python or is installed, or its folder was named."""
        folder = os.path.dirname(file)  # noqa: PTH120
        if folder in self._said or any(part in file for part in INSTALLED):
            return
        if file.startswith(self._known) or not os.path.isabs(file):  # noqa: PTH117
            return
        self._said.add(folder)
        self._say(
            f"{file} lies outside the watched folders: it is not patched (watch {folder})"
        )
