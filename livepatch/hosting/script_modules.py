"""The scripts that are loaded: modules without a file, with their lines and versions."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from livepatch.errors import ScriptRefusedError
from livepatch.hosting.handlers import BaseHandler
from livepatch.hosting.loading import (
    error_text,
    free_name,
    hide_lines,
    load,
    show_lines,
    unload,
)
from livepatch.hosting.store import ScriptVersion, hash_of
from livepatch.patching.patcher import Patcher

_REMEMBERED = 64


class Script:
    """A loaded script: its module, the version that runs, and the instances of its handlers."""

    def __init__(self, file: str, module: ModuleType, version: ScriptVersion) -> None:
        """Take a module that was made from `version`."""
        self.name = version.name
        self.file = file
        self.module = module
        self.version = version
        self.newest = version.version
        self._by_hash = {version.hash: version}
        self._instances: dict[str, BaseHandler] = {}

    def instance(self, handler: type[BaseHandler]) -> BaseHandler:
        """Give the one instance of a handler; made when it is first run."""
        found = self._instances.get(handler.__name__)
        if type(found) is not handler:
            found = self._instances[handler.__name__] = handler()
        return found

    def remember(self, version: ScriptVersion) -> None:
        """Know the hash of `version`, so that it can be told again after an undo."""
        self._by_hash[version.hash] = version
        while len(self._by_hash) > _REMEMBERED:
            del self._by_hash[next(iter(self._by_hash))]

    def show_version_of(self, text: str) -> None:
        """Let `version` be the one whose code is `text`."""
        self.version = self._by_hash.get(hash_of(text), self.version)


class ScriptModules:
    """Loads versions into modules whose file is `<script NAME>`, which is on no disk."""

    def __init__(self, patcher: Patcher) -> None:
        """Have nothing loaded."""
        self.scripts: dict[str, Script] = {}
        self._patcher = patcher
        self._releases: dict[str, Callable[[], None]] = {}

    def load(self, version: ScriptVersion) -> Script:
        """Execute a script as a new module; raise `ScriptRefusedError` with what it raises."""
        file, attempt = f"<script {version.name}>", 1
        while self._patcher.is_tracked(file):  # another host has one of this name
            attempt += 1
            file = f"<script {version.name} ({attempt})>"
        show_lines(file, version.code)
        release = self._patcher.reserve(file)
        try:
            name = free_name(f"script {version.name}", file)
            module = load(self._patcher, name, file, version.code.encode())
        except (Exception, SystemExit) as error:
            release()
            hide_lines(file)
            what = f"{version.name} version {version.version}"
            raise ScriptRefusedError(what, (error_text(error, (file,)),)) from error
        self._releases[file] = release
        script = self.scripts[version.name] = Script(file, module, version)
        return script

    def take(self, version: ScriptVersion) -> None:
        """Note that `version` was patched in."""
        script = self.scripts[version.name]
        script.version = version
        script.newest = version.version
        show_lines(script.file, version.code)

    def follow(self, script: Script) -> None:
        """Let lines and version be those of the text that the program now embodies."""
        tracked = self._patcher.registry.get(script.file)
        if tracked is not None:
            text = tracked.text.text
            show_lines(script.file, text)
            script.show_version_of(text)

    def unload(self, name: str) -> None:
        """Forget a script; runs that are inside its code finish there."""
        script = self.scripts.pop(name)
        unload(self._patcher, script.module)
        hide_lines(script.file)
        self._releases.pop(script.file)()


def handlers_in(module: ModuleType) -> dict[str, type[BaseHandler]]:
    """Give the handlers that a script defines, in its order."""
    found: dict[str, type[BaseHandler]] = {}
    for value in list(vars(module).values()):
        kind: Any = value
        is_handler = isinstance(value, type) and issubclass(value, BaseHandler)
        if is_handler and kind.__module__ == module.__name__:
            found[kind.__name__] = kind
    return found
