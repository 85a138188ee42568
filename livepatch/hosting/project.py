"""`ProjectLoader`: a module from a mapping with a name and a text, as scripts are often kept."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

from livepatch.api import default_patcher
from livepatch.errors import ScriptRefusedError, UsageError
from livepatch.hosting.loading import (
    error_text,
    free_name,
    hide_lines,
    load,
    module_of,
    show_lines,
)
from livepatch.patching.patcher import Patcher

_lock: Final = threading.RLock()  # one module per script name, whoever loads it


class ProjectLoader:
    """Loads `{"script_name": …, "code": …}` into a module without a file.

    Where the module of that name is loaded already, it stays the same object and is patched: who
    holds a function or an instance of it follows.
    """

    def __init__(self, project: Mapping[str, Any], *, patcher: Patcher | None = None) -> None:
        """Take the name and the text; raise `UsageError` where one of them is missing."""
        for key in ("script_name", "code"):
            if not isinstance(project.get(key), str):
                message = f"ProjectLoader: {key!r} must be given, as a string"
                raise UsageError(message)
        self.name: str = project["script_name"]
        self.code: str = project["code"]
        self.file = f"<project {self.name}>"
        self._patcher = patcher or default_patcher()

    def load_module(self, fullname: str | None = None) -> ModuleType:
        """Give the module with this text running; `fullname` may name it.

        Raises `ScriptRefusedError` where the text cannot be taken: what ran before goes on.
        """
        with _lock:
            module = module_of(self.file)
            if module is None:
                return self._load(fullname or self.name)
            patch = self._patcher.apply_sources({self.file: self.code.encode()})
            if not patch.ok:
                raise ScriptRefusedError(self.name, tuple(map(str, patch.errors)))
            show_lines(self.file, self.code)
            return module

    def _load(self, name: str) -> ModuleType:
        show_lines(self.file, self.code)
        try:
            return load(
                self._patcher, free_name(name, self.file), self.file, self.code.encode()
            )
        except (Exception, SystemExit) as error:
            hide_lines(self.file)
            raise ScriptRefusedError(self.name, (error_text(error, (self.file,)),)) from error

    def get_source(self, fullname: str | None = None) -> str:
        """Give the text."""
        del fullname
        return self.code
