"""The folder of a plugin manager: what lies in it, what of it is loaded, and from which bytes."""

# ruff: noqa: PTH112, PTH113, PTH118, PTH119, PTH122, PTH206, PTH208
# (real paths as strings, as everywhere in the core)
from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from types import ModuleType

from livepatch.errors import UsageError
from livepatch.hosting.loading import free_name, load, module_of, read_bytes, sha1_of, unload
from livepatch.hosting.plugin_values import PluginMeta, meta_in
from livepatch.patching.patcher import Patcher
from livepatch.patching.registry import real_path
from livepatch.watching.importing import ImportHook


@dataclass(slots=True)
class Plugin:
    """A loaded plugin: `unit` is its file or folder, `entry` the real file of its module."""

    unit: str
    entry: str
    module: ModuleType
    meta: PluginMeta


class PluginFolder:
    """Loads and unloads what lies in one folder, as modules of one package.

    Whatever is imported from below the folder is reserved, so that only the manager patches it.
    """

    def __init__(self, path: str | os.PathLike[str], patcher: Patcher) -> None:
        """Load nothing yet; raise `UsageError` where there is no such folder."""
        self.path = real_path(os.fspath(path))
        if not os.path.isdir(self.path):
            message = f"PluginManager: there is no folder {os.fspath(path)!r}"
            raise UsageError(message)
        self.plugins: dict[str, Plugin] = {}
        self.popped: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        self._patcher = patcher
        self._missing: dict[str, float] = {}
        self._taken: dict[str, str] = {}  # real file -> fingerprint of what runs
        self._releases: dict[str, Callable[[], None]] = {}
        self._package, self._is_own = self._make_package()
        self._hook = ImportHook(self._note_import, self._is_inside)
        self._hook.install()

    def _make_package(self) -> tuple[ModuleType, bool]:
        """Give the package that the plugins are modules of; say whether it was made here."""
        stem = os.path.basename(self.path)
        spec = PathFinder.find_spec(stem) if stem.isidentifier() else None
        places = list(spec.submodule_search_locations or ()) if spec is not None else []
        if spec is not None and self.path in map(real_path, places):
            return import_module(stem), False
        name = free_name(stem, self.path)
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [self.path]
        sys.modules[name] = module = module_from_spec(spec)
        return module, True

    def close(self) -> None:
        """Unload everything, and leave imports alone."""
        self._hook.remove()
        for plugin in list(self.plugins.values()):
            self.unload(plugin)
        self.plugins.clear()
        if self._is_own:
            unload(self._patcher, self._package)
        for release in self._releases.values():
            release()
        self._releases.clear()

    def find(self) -> dict[str, str]:
        """Give the plugins that lie in the folder, each with the file of its module."""
        found = {}
        for name in sorted(os.listdir(self.path)):
            unit = os.path.join(self.path, name)
            entry = os.path.join(unit, "__init__.py") if os.path.isdir(unit) else unit
            is_candidate = entry != unit or name.endswith(".py")
            if is_candidate and not name.startswith(("_", ".")) and os.path.isfile(entry):
                found[unit] = real_path(entry)
        return found

    def gone(self, units: Collection[str], grace: float) -> tuple[list[str], bool]:
        """Give the plugins that are away for `grace` seconds; say whether others are away, too."""
        now = time.monotonic()
        self._missing = {
            unit: self._missing.get(unit, now) for unit in self.plugins if unit not in units
        }
        gone = [unit for unit, since in self._missing.items() if now - since >= grace]
        return gone, len(gone) < len(self._missing)

    def is_missing(self, unit: str) -> bool:
        """Say whether a plugin's file is away."""
        return unit in self._missing

    def changed(self) -> Iterator[tuple[str, bytes]]:
        """Give the loaded files whose bytes are not those that run."""
        for file, fingerprint in list(self._taken.items()):
            data = read_bytes(file)
            if data is not None and sha1_of(data) != fingerprint:
                yield file, data

    def take(self, file: str, data: bytes) -> None:
        """Note that `data` is what runs of `file`."""
        self._taken[file] = sha1_of(data)
        if file not in self._releases:
            self._releases[file] = self._patcher.reserve(file)

    def load(self, unit: str, entry: str) -> Plugin:
        """Execute a plugin, or adopt the module that the program has imported itself."""
        data = read_bytes(entry)
        if data is None:
            message = f"{entry} cannot be read"
            raise OSError(message)
        module = module_of(entry)
        if module is None:
            stem = os.path.splitext(os.path.basename(unit))[0].replace(".", "_")
            name = f"{self._package.__name__}.{stem}"
            folder = os.path.dirname(entry) if os.path.isdir(unit) else None  # noqa: PTH120
            self.take(entry, data)
            try:
                module = load(self._patcher, name, entry, data, folder=folder)
            except BaseException:
                self._give_up(unit, entry)
                raise
        elif entry not in self._taken:
            if not self._patcher.is_tracked(entry):
                self._patcher.track(module, entry)
            self.take(entry, b"")  # what it was made from may be older than the file: compare
        return Plugin(unit, entry, module, meta_in(vars(module), unit))

    def unload(self, plugin: Plugin) -> None:
        """Forget a plugin's modules; objects that others hold go on working."""
        unload(self._patcher, plugin.module)
        self._give_up(plugin.unit, plugin.entry)

    def _give_up(self, unit: str, entry: str) -> None:
        for file in [
            known for known in self._taken if known == entry or self._lies_in(known, unit)
        ]:
            del self._taken[file]
            self._releases.pop(file)()

    def unit_of(self, file: str) -> str:
        """Give the plugin that `file` belongs to, or the shared file or folder."""
        for unit, plugin in self.plugins.items():
            if file == plugin.entry:
                return unit
        first = os.path.relpath(file, self.path).split(os.sep)[0]
        return os.path.join(self.path, first)

    def is_shared(self, file: str) -> bool:
        """Say whether `file` is no plugin's own."""
        return self.unit_of(file) not in self.plugins

    def owns(self, unit: str, files: Collection[str]) -> bool:
        """Say whether one of `files` belongs to the plugin `unit`."""
        entry = self.plugins[unit].entry
        return any(file == entry or self._lies_in(file, unit) for file in files)

    @staticmethod
    def _lies_in(file: str, unit: str) -> bool:
        return file.startswith(unit + os.sep)

    def is_left_out(self, unit: str) -> bool:
        """Say whether a plugin was popped or could not be loaded, and is as it was then."""
        left = self.popped.get(unit, self.failed.get(unit))
        if left is None or left != self.state_of(unit):
            self.popped.pop(unit, None)
            self.failed.pop(unit, None)
            return False
        return True

    def state_of(self, unit: str) -> str:
        """Give a fingerprint of all Python files of a plugin."""
        total = hashlib.sha1(usedforsecurity=False)
        for file in _python_files(unit):
            total.update(file.encode() + b"\0" + (read_bytes(file) or b""))
        return total.hexdigest()

    def folders(self) -> list[str]:
        """Give the folders whose events matter."""
        try:
            units = [unit for unit in self.find() if os.path.isdir(unit)]
        except OSError:
            units = []
        inside = [folder for unit in units for folder, _, _ in _walk(unit)]
        return [self.path, *inside]

    def is_relevant(self, path: str) -> bool:
        """Say whether an event at `path` may matter."""
        name = os.path.basename(path)
        return name != "__pycache__" and os.path.splitext(name)[1] in {"", ".py"}

    def _is_inside(self, file: str) -> bool:
        return file.startswith(self.path + os.sep) or real_path(file).startswith(
            self.path + os.sep
        )

    def _note_import(self, module: ModuleType, file: str, data: bytes) -> None:
        self._patcher.track(module, file, data, hosted=True)
        self.take(real_path(file), data)


def _walk(unit: str) -> Iterator[tuple[str, list[str], list[str]]]:
    for folder, inner, files in os.walk(unit):
        inner[:] = sorted(name for name in inner if not name.startswith((".", "__pycache__")))
        yield folder, inner, sorted(files)


def _python_files(unit: str) -> list[str]:
    if not os.path.isdir(unit):
        return [unit]
    return [
        os.path.join(folder, name)
        for folder, _, files in _walk(unit)
        for name in files
        if name.endswith(".py")
    ]
