"""The files of Flask plugins: which lie where, which run, and which have changed since."""

# ruff: noqa: PTH112, PTH118, PTH119, PTH208
# (real paths as strings, as everywhere in the core)
from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from types import ModuleType

from livepatch.errors import PluginImportError
from livepatch.hosting.flask_plugin import Plugin
from livepatch.hosting.loading import error_text, free_name, load, read_bytes, sha1_of, unload
from livepatch.patching.patcher import Patcher
from livepatch.patching.registry import real_path
from livepatch.watching.importing import ImportHook


@dataclass(frozen=True, slots=True)
class Aside:
    """A module that has made way for a newer one of its name, with the text that it runs."""

    name: str
    module: ModuleType
    file: str
    data: bytes


class PluginFiles:
    """Imports plugins from the folders in one directory, as packages of one package.

    Whatever is imported from below the directory is reserved: only the manager patches it.
    """

    def __init__(self, path: str, patcher: Patcher) -> None:
        """Import nothing yet."""
        self.path = real_path(path)
        self._patcher = patcher
        self._package: ModuleType | None = None
        self._taken: dict[str, str] = {}  # real file -> fingerprint of what runs
        self._releases: dict[str, Callable[[], None]] = {}
        self._hook = ImportHook(self._note_import, self._is_inside)
        self._hook.install()

    def close(self) -> None:
        """Watch imports no longer, and let others patch the files."""
        self._hook.remove()
        self._release(list(self._taken))
        if self._package is not None:
            unload(self._patcher, self._package)

    def folders(self, excluded: frozenset[str]) -> list[str]:
        """Give the folders of all plugins; raise `FileNotFoundError` without a directory."""
        return [
            os.path.join(self.path, name)
            for name in sorted(os.listdir(self.path))
            if name not in excluded
            and not name.startswith((".", "__"))
            and os.path.isdir(os.path.join(self.path, name))
        ]

    def load(self, plugin: Plugin) -> list[Aside]:
        """Execute the package of a plugin; raise `PluginImportError`, and leave no trace then.

        Gives the modules of an older load, which have made way; `unload` and `put_back` undo it.
        """
        entry = real_path(os.path.join(plugin.basedir, "__init__.py"))
        name = f"{self._package_name()}.{os.path.basename(plugin.basedir)}"
        data = read_bytes(entry)
        if data is None:
            raise _refused(plugin, f"{entry} cannot be read")
        aside = self._put_aside(name)
        self.take(entry, data)
        cause: BaseException | None = None
        try:
            with plugin.loading():
                module = load(self._patcher, name, entry, data, folder=plugin.basedir)
            if vars(module).get("plugin") is plugin:
                plugin.module = module
                return aside
            unload(self._patcher, module)
            reason = "its package has no `plugin = Plugin()`"
        except (Exception, SystemExit) as error:  # noqa: BLE001  plugin code is a boundary
            reason, cause = error_text(error, (entry,)), error
        self._release(self.taken_in(plugin.basedir))
        self.put_back(aside)
        raise _refused(plugin, reason) from cause

    def _put_aside(self, name: str) -> list[Aside]:
        """Take the modules of an older load out of the way; they go on serving meanwhile."""
        aside = []
        for key in [k for k in sys.modules if k == name or k.startswith(f"{name}.")]:
            module = sys.modules.pop(key)
            file = real_path(str(getattr(module, "__file__", "")))
            tracked = self._patcher.registry.get(file)
            text = tracked.text.text if tracked is not None else ""
            aside.append(Aside(key, module, file, text.encode()))
            self._patcher.forget(module)
        return aside

    def put_back(self, aside: list[Aside]) -> None:
        """Have the modules of an older load in their place again."""
        for old in aside:
            sys.modules[old.name] = old.module
            self._patcher.track(old.module, old.file, old.data, hosted=True)
            self.take(old.file, old.data)

    def unload(self, plugin: Plugin) -> None:
        """Forget the modules of a plugin; who still runs their code finishes there."""
        if (
            plugin.module is not None
            and sys.modules.get(plugin.module.__name__) is plugin.module
        ):
            unload(self._patcher, plugin.module)
            self._release(self.taken_in(plugin.basedir))

    def _release(self, files: list[str]) -> None:
        for file in files:
            del self._taken[file]
            self._releases.pop(file)()

    def taken_in(self, folder: str) -> list[str]:
        """Give the files below `folder` that run."""
        return [file for file in list(self._taken) if file.startswith(folder + os.sep)]

    def changed_in(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """Give the running files below `folder` whose bytes on disk are others now."""
        for file in self.taken_in(folder):
            data = read_bytes(file)
            if data is not None and sha1_of(data) != self._taken[file]:
                yield file, data

    def take(self, file: str, data: bytes) -> None:
        """Note that `data` is what runs of `file`."""
        self._taken[file] = sha1_of(data)
        if file not in self._releases:
            self._releases[file] = self._patcher.reserve(file)

    def unit_of(self, file: str) -> str:
        """Give the folder of the plugin that `file` belongs to, empty for a file elsewhere."""
        if not file.startswith(self.path + os.sep):
            return ""
        first, _, _ = os.path.relpath(file, self.path).partition(os.sep)
        return os.path.join(self.path, first)

    def all_folders(self) -> list[str]:
        """Give the folders whose events matter."""
        found = [self.path]
        for place, inner, _ in os.walk(self.path):
            inner[:] = [name for name in inner if not name.startswith((".", "__pycache__"))]
            found.extend(os.path.join(place, name) for name in inner)
        return found

    def _package_name(self) -> str:
        if self._package is None:
            name = free_name(os.path.basename(self.path), self.path)
            spec = ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [self.path]
            self._package = sys.modules[name] = module_from_spec(spec)
        return self._package.__name__

    def _is_inside(self, file: str) -> bool:
        return real_path(file).startswith(self.path + os.sep)

    def _note_import(self, module: ModuleType, file: str, data: bytes | None) -> None:
        data = read_bytes(file) if data is None else data
        if data is not None:
            self._patcher.track(module, file, data, hosted=True)
            self.take(real_path(file), data)


def _refused(plugin: Plugin, reason: str) -> PluginImportError:
    return PluginImportError(f"plugin {plugin.domain}: {reason}")
