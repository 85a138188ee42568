"""Which files are tracked, which modules came from them, and which text these embody."""

from __future__ import annotations

import os
import sys
import weakref
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from types import CodeType, ModuleType
from typing import Any

from livepatch.errors import SourceError
from livepatch.runtime import proofs
from livepatch.source import compiling
from livepatch.source.regions import Text, future_flags
from livepatch.source.text import decode_source, read_source
from livepatch.source.words import candidates

LATE = Text("")
"""The baseline of a file whose module was imported before anybody noted its text: not known."""


class TrackedFile:
    """One file with its baseline: the text that the running program embodies.

    `seen` is what the file held when it was last looked at; it differs from the baseline
    after an undo, and while a broken text is held. `revision` counts the baselines: a running
    loop compares it at each turn.
    """

    def __init__(self, file: str, data: bytes | None) -> None:
        """Take `data` as the text that the module was made from; None where it is not known."""
        self.file = file
        self.seen: bytes = data or b""
        self.stamp: tuple[int, ...] | None = None
        self.held = False
        self.undone: tuple[int, ...] | None = None  # stat of the file when its text was undone
        self.revision = 0
        self.hosted: list[ModuleType] = []
        self.modules: list[ModuleType] = []
        self.names: set[str] = {file}
        self._data: bytes | None = data
        self._text: Text | None = LATE if data is None else None
        self._root: weakref.ref[CodeType] | None = None
        self._root_codes: frozenset[int] = frozenset()
        self._flags: tuple[str, int] = ("", 0)

    @property
    def text(self) -> Text:
        """The baseline; decoded when first asked for."""
        if self._text is None:
            data = self._data or b""
            # an empty file is a good baseline (many a package's __init__.py is one)
            self._text = Text(decode_source(self.file, data).text if data.strip() else "")
            self._data = None
        return self._text

    @text.setter
    def text(self, text: Text) -> None:
        self.revision += 1
        self._text = text
        self._data = None

    def may_mention(self, words: AbstractSet[str]) -> bool:
        """Tell whether the text may hold one of `words`; False is sure.

        A text is decoded for it, and kept, only where its encoding makes a difference.
        """
        data = self._data
        if self._text is not None or data is None:
            text = self.known_text()
        elif data.isascii():
            text = data.decode("ascii")
        elif all(map(str.isascii, words)):
            # every encoding that Python takes for source writes these letters as ASCII does
            return any(word.encode() in data for word in words)
        else:
            text = self.known_text()
        return any(map(text.__contains__, candidates(words, text)))

    def known_text(self) -> str:
        """Give the baseline, or what is on disk while the baseline is not known."""
        if not self.is_late:
            return self.text.text
        try:
            return read_source(self.file).text
        except SourceError:
            return ""

    @property
    def is_late(self) -> bool:
        """True while it is not known which text the module was made from."""
        return self._text is LATE

    def look_again(self) -> None:
        """Have the file compared at the next `apply` where it is as last seen, and was undone."""
        self.stamp = None
        if self.held or self._text is None or not self.seen.strip():
            return  # compared anyway, or the text that was seen is the baseline
        if self._text is LATE or decode_source(self.file, self.seen).text != self._text.text:
            self.seen = b""

    def flags(self, text: str) -> int:
        """Give the compiler flags that `text` asks for."""
        if text is not self._flags[0]:
            self._flags = (text, future_flags(text, self.file))
        return self._flags[1]

    def keep_flags(self, text: str, flags: int) -> None:
        """Note that `text` asks for `flags`, without looking."""
        self._flags = (text, flags)

    def add(
        self, module: ModuleType, root: CodeType | None = None, *, hosted: bool = False
    ) -> None:
        """Note that `module` runs the code of this file; `root` is its top-level code.

        A `hosted` module counts as live though it is not in `sys.modules`.
        """
        if hosted:
            self.hosted.append(module)
        if all(known is not module for known in self.modules):
            self.modules.append(module)
        for name in (getattr(module, "__file__", None), root and root.co_filename):
            if isinstance(name, str):
                self.names.add(name)
        if root is not None:
            self._root = weakref.ref(root)
            self._root_codes = frozenset(
                id(code) for codes in compiling.codes_by_place(root).values() for code in codes
            )

    def first_lines(self) -> dict[int, str]:
        """Give the names of top-level functions and classes of the baseline by their first line."""
        found: dict[int, str] = {}
        for module in self.live_modules()[:1]:
            found.update(proofs.first_lines(module, self.names))
        return found

    def live_modules(self) -> list[ModuleType]:
        """Give the modules of this file that are still in `sys.modules`, or are `__main__`."""
        return [
            module
            for module in self.modules
            if sys.modules.get(module.__name__) is module
            or any(kept is module for kept in self.hosted)
        ]

    def is_held_by_root(self, code: CodeType) -> bool:
        """Tell whether the top-level code is alive and holds `code` in its constants."""
        return (
            self._root is not None and self._root() is not None and id(code) in self._root_codes
        )

    @property
    def code_name(self) -> str:
        """The file name that the code objects of this file carry."""
        for module in self.modules:
            name = getattr(module, "__file__", None)
            if isinstance(name, str):
                return name
        return self.file

    @property
    def loader(self) -> Any:
        """The loader of the module, which may compile in its own way."""
        for module in self.modules:
            spec = getattr(module, "__spec__", None)
            if spec is not None:
                return spec.loader
        return None


class Registry:
    """The tracked files by real path."""

    def __init__(self) -> None:
        """Start with nothing tracked."""
        self._files: dict[str, TrackedFile] = {}
        self._reserved: Counter[str] = Counter()

    def track(
        self,
        module: ModuleType,
        file: str,
        data: bytes | None,
        root: CodeType | None = None,
        *,
        hosted: bool = False,
    ) -> TrackedFile:
        """Note that `module` was made from `data`, the bytes of `file`; None: not known."""
        path = real_path(file)
        tracked = self._files.get(path)
        if tracked is None or not tracked.live_modules():
            tracked = self._files[path] = TrackedFile(path, data)
        tracked.names.add(file)
        tracked.add(module, root, hosted=hosted)
        return tracked

    def get(self, file: str) -> TrackedFile | None:
        """Give the tracked file at `file`, or None."""
        return self._files.get(file) or self._files.get(real_path(file))

    def reserve(self, file: str, count: int = 1) -> None:
        """Leave `file`, tracked or not, to one host more; with a `count` of -1 to one less."""
        self._reserved[real_path(file)] += count

    def is_reserved(self, file: str) -> bool:
        """Tell whether a host decides when the text on disk of `file` goes live."""
        return self._reserved[file] > 0

    def forget(self, module: ModuleType) -> None:
        """Track `module` no longer; a file without modules is no longer tracked."""
        for file, tracked in list(self._files.items()):
            tracked.modules = [known for known in tracked.modules if known is not module]
            tracked.hosted = [known for known in tracked.hosted if known is not module]
            if not tracked.modules:
                del self._files[file]

    def __iter__(self) -> Iterator[TrackedFile]:
        """Give the tracked files in the order in which they were imported."""
        return iter(list(self._files.values()))

    def __contains__(self, file: str) -> bool:
        """Tell whether `file` is tracked."""
        return self.get(file) is not None

    def files(self) -> frozenset[str]:
        """Give the real paths of all tracked files."""
        return frozenset(self._files)

    def namespaces(self) -> list[dict[str, Any]]:
        """Give the namespaces of all modules that are tracked."""
        return [vars(module) for tracked in self for module in tracked.live_modules()]

    def of_module(self, name: str) -> TrackedFile | None:
        """Give the tracked file of the module called `name`."""
        module = sys.modules.get(name)
        for tracked in self:
            if any(known is module for known in tracked.modules):
                return tracked
        return None


def real_path(file: str) -> str:
    """Give the one name under which a file is known; `<...>` names no file and stays."""
    if file.startswith("<"):
        return file
    return os.path.realpath(file)
