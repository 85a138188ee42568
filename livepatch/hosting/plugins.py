"""`PluginManager`: every Python file or package of a folder is a plugin that can come and go.

Its lock guards which plugins are loaded; `plugins` and `errors` are replaced as a whole, so that
readers need no lock and never see a plugin half changed.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar

from livepatch.api import default_patcher
from livepatch.errors import UsageError
from livepatch.hosting.batch import apply_apart
from livepatch.hosting.contract import RUN, Contract, as_contract
from livepatch.hosting.journal import Journal, Listeners, Log
from livepatch.hosting.loading import error_text, sha1_of
from livepatch.hosting.lookout import Lookout
from livepatch.hosting.plugin_folder import PluginFolder
from livepatch.hosting.plugin_gate import PluginGate
from livepatch.hosting.plugin_values import (
    PluginChange,
    PluginMeta,
    PluginResult,
    meta_in,
)
from livepatch.model import Patch, Refusal
from livepatch.patching.patcher import Patcher

__all__ = ["PluginChange", "PluginManager", "PluginMeta", "PluginResult"]

Default = TypeVar("Default")
_GRACE = 0.25
"""Seconds for which a file may be away: editors delete a file before they write it anew."""


class PluginManager:
    """Keeps the plugins of one folder loaded, and their code as on disk.

    A plugin is a `*.py` file, or a package, whose name does not begin with `_` or a dot. It must
    keep the contract: the strings `_plugin_name` (that no other plugin has) and `_plugin_version`
    and a callable `run`, or what `contract`, a Protocol or a function, asks for instead.
    """

    def __init__(  # noqa: PLR0913  the first four are the established ones
        self,
        plugin_path: str | os.PathLike[str],
        is_reload: bool = True,  # noqa: FBT001, FBT002  established
        watch_change_sleep_ms: int = 1000,
        log: Log = None,
        *,
        contract: Contract | type | None = None,
        events: bool = True,
        patcher: Patcher | None = None,
    ) -> None:
        """Load all plugins; with `is_reload` follow what happens to the folder.

        That is noticed by file events and by a look every `watch_change_sleep_ms`, without
        `events` by the looks alone. Raises `UsageError` where there is no such folder.
        """
        if not watch_change_sleep_ms > 0:
            message = "PluginManager: watch_change_sleep_ms must be more than 0"
            raise UsageError(message)
        self._patcher = patcher or default_patcher()
        self._journal = Journal(log)
        self._lock = threading.RLock()  # guards _folder, _told, _states and _attempt
        judge = as_contract(contract)
        self._folder = PluginFolder(plugin_path, self._patcher)
        self._gate = PluginGate(self._folder, judge)
        self.path = self._folder.path
        self._listeners = Listeners[PluginChange](self._journal)
        self._told: dict[str, tuple[str, ...]] = {}
        self._states: dict[str, str] = {}
        self._attempt: frozenset[tuple[str, str]] = frozenset()
        self._is_away = False
        self._depth = 0
        self._news: deque[PluginChange] = deque()
        self.plugins: Mapping[str, PluginMeta] = MappingProxyType({})
        self.errors: Mapping[str, tuple[str, ...]] = MappingProxyType({})
        self._patcher.gates.append(self._gate)
        self._silence = self._patcher.on_patch(self._follow)
        self._lookout: Lookout | None = None
        self.refresh()
        if is_reload:
            self._lookout = Lookout(
                self._look,
                interval=watch_change_sleep_ms / 1000,
                relevant=self._folder.is_relevant,
                warn=self._journal.warn,
                events=events,
            )
            self._lookout.keep_folders(self._folder.folders())
            self._lookout.start()

    def get_plugin(
        self, name: str, default: Default | None = None
    ) -> PluginMeta | Default | None:
        """Give the plugin called `name` as it is now, else `default`."""
        return self.plugins.get(name, default)

    def get_plugin_name_list(self) -> list[str]:
        """Give the names of all plugins, in order."""
        return sorted(self.plugins)

    def check_plugin(self, module: object) -> tuple[str, ...]:
        """Give each way in which `module` breaks the contract; empty where it keeps it."""
        return tuple(self._gate.wrong_in(self.path, vars(module)))

    def set_plugin(self, path: str | os.PathLike[str]) -> PluginMeta | None:
        """Have the plugin at `path` loaded and as on disk; None where it was refused.

        `errors` says why. Raises `UsageError` for a path that holds no plugin of the folder.
        """
        with self._changing():
            unit = self._unit(path)
            self._folder.popped.pop(unit, None)
            self._attempt = frozenset()
            self._update(only=unit)
            plugin = self._folder.plugins.get(unit)
            return plugin.meta if plugin is not None and unit not in self._told else None

    def pop_plugin(self, path: str | os.PathLike[str]) -> PluginMeta | None:
        """Unload the plugin at `path` and give it; who is inside its code finishes there.

        It stays away until its file changes or `set_plugin` is called. None if it is not loaded.
        """
        with self._changing():
            unit = os.path.join(self.path, os.fspath(path))  # noqa: PTH118
            unit = self._folder.unit_of(unit)
            plugin = self._folder.plugins.get(unit)
            if plugin is None:
                return None
            self._folder.popped[unit] = self._folder.state_of(unit)
            self._drop(unit)
            return plugin.meta

    def run(self, name: str, *arguments: Any, **keywords: Any) -> PluginResult:
        """Call a plugin; what it raises is logged and given back, never raised."""
        plugin = self.plugins.get(name)
        if plugin is None:
            return PluginResult(name, error=LookupError(f"there is no plugin {name!r}"))
        try:
            return PluginResult(name, plugin.call(*arguments, **keywords))
        except (Exception, SystemExit) as error:  # noqa: BLE001  plugin code is a boundary
            self._journal.failure("plugin %s raised in %s", name, RUN, error=error)
            return PluginResult(name, error=error)

    def refresh(self) -> None:
        """Make the plugins be as the folder is now, without waiting for anything."""
        with self._changing():
            self._update()

    def on_change(self, callback: Callable[[PluginChange], object]) -> Callable[[], None]:
        """Call `callback` for each plugin added, changed, removed or refused; gives the remover."""
        return self._listeners.add(callback)

    def stop(self) -> None:
        """Follow the folder no longer and unload the plugins; a second call does nothing."""
        if self._lookout is not None:
            self._lookout.stop()
        with self._changing():
            self._silence()
            if self._gate in self._patcher.gates:
                self._patcher.gates.remove(self._gate)
            self._folder.close()
        self._journal.close()

    def _unit(self, path: str | os.PathLike[str]) -> str:
        unit = self._folder.unit_of(os.path.join(self.path, os.fspath(path)))  # noqa: PTH118
        if unit not in self._folder.find():
            message = f"{os.fspath(path)!r} is no plugin of {self.path}"
            raise UsageError(message)
        return unit

    def _look(self) -> None:
        with self._changing():
            if self._update(grace=_GRACE) and self._lookout is not None:
                self._lookout.look_again(_GRACE)
        if self._lookout is not None:
            self._lookout.keep_folders(self._folder.folders())

    def _update(self, *, grace: float = 0.0, only: str = "") -> bool:
        """Drop, patch and add as the folder asks for; say whether something may yet come back."""
        try:
            units = self._folder.find()
        except OSError as error:
            if not self._is_away:
                self._is_away = True
                self._journal.warn("%s: %s; its plugins go on", self.path, error.strerror)
            return False
        self._is_away = False
        if only:
            units = {unit: entry for unit, entry in units.items() if unit == only}
            gone, waits = list[str](), False
        else:
            gone, waits = self._folder.gone(units, grace)
            for unit in self._told.keys() - units.keys() - self._folder.plugins.keys():
                del self._told[unit]
        for unit in gone:
            self._drop(unit)
            self._folder.failed.clear()  # its name is free now
        self._patch(only)
        self._add(units)
        return waits

    def _patch(self, only: str) -> None:
        """Apply the texts that changed, in one patch; a bad plugin holds no other one up."""
        folder = self._folder
        changed = {
            file: data
            for file, data in folder.changed()
            if not only or folder.unit_of(file) == only
        }
        attempt = frozenset((file, sha1_of(data)) for file, data in changed.items())
        if not changed or attempt == self._attempt:
            return
        self._attempt = attempt
        outcome = apply_apart(
            self._patcher, changed, unit_of=folder.unit_of, shared=folder.is_shared
        )
        for file in outcome.taken:
            folder.take(file, changed[file])
            self._told.pop(folder.unit_of(file), None)
        for file, errors in outcome.refused.items():
            self._refuse(folder.unit_of(file), [line for e in errors for line in _lines(e)])
        folder.failed.clear()  # what was missing may be there now

    def _add(self, units: Mapping[str, str]) -> None:
        """Load the plugins that are new; each by itself."""
        folder = self._folder
        for unit, entry in units.items():
            if unit in folder.plugins or folder.is_left_out(unit):
                continue
            try:
                plugin = folder.load(unit, entry)
            except (Exception, SystemExit) as error:  # noqa: BLE001  plugin code is a boundary
                folder.failed[unit] = folder.state_of(unit)
                self._refuse(unit, [error_text(error, (entry,))])
                continue
            names = vars(plugin.module)
            wrong = self._gate.wrong_in(unit, names)
            wrong = wrong or [*self._gate.clashes({unit: names}).values()]
            if wrong:
                folder.failed[unit] = folder.state_of(unit)
                folder.unload(plugin)
                self._refuse(unit, wrong)
                continue
            for other in [
                o.unit for o in folder.plugins.values() if o.meta.name == plugin.meta.name
            ]:
                self._drop(other)  # the same plugin under its old file name, which is away
            folder.plugins[unit] = plugin
            self._told.pop(unit, None)
            self._tell(PluginChange("added", plugin.meta.name, unit, plugin.meta.version))

    def _follow(self, patch: Patch) -> None:
        """Let the metas be as the modules are after `patch`, an undo included."""
        files = set(patch.files)
        if not patch or not files:
            return
        with self._changing():
            touched = [unit for unit in self._folder.plugins if self._folder.owns(unit, files)]
            for unit in touched:
                plugin = self._folder.plugins[unit]
                old, plugin.meta = plugin.meta, meta_in(vars(plugin.module), unit)
                self._announce(old, plugin.meta)

    def _announce(self, old: PluginMeta, new: PluginMeta) -> None:
        if old.version != new.version:
            self._journal.note(
                "plugin %s: version %s -> %s", new.name, old.version, new.version
            )
        self._tell(PluginChange("changed", new.name, new.path, new.version, old.version))

    def _drop(self, unit: str) -> None:
        plugin = self._folder.plugins.pop(unit)
        self._folder.unload(plugin)
        self._told.pop(unit, None)
        self._tell(PluginChange("removed", plugin.meta.name, unit, plugin.meta.version))

    def _refuse(self, unit: str, reasons: Sequence[str]) -> None:
        told = (self._told.get(unit), self._states.get(unit))
        self._told[unit] = tuple(reasons)
        self._states[unit] = self._folder.state_of(unit)
        if told == (self._told[unit], self._states[unit]):
            return  # tried again because something else had changed
        for reason in reasons:
            self._journal.warn(
                "plugin %s refused: %s", os.path.relpath(unit, self.path), reason
            )
        self._tell(PluginChange("refused", "", unit, reasons=tuple(reasons)))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the lock; at the end of the outermost block show the result, and tell of it."""
        with self._lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                outermost = self._depth == 0
                if outermost:
                    self._publish()
        while outermost and self._news:  # without the lock: a callback may wait for others
            self._listeners.tell(self._news.popleft())

    def _publish(self) -> None:
        plugins = self._folder.plugins
        self.plugins = MappingProxyType({p.meta.name: p.meta for p in plugins.values()})
        self.errors = MappingProxyType(dict(self._told))

    def _tell(self, change: PluginChange) -> None:
        if change.kind in {"added", "removed"}:
            self._journal.note("plugin %s %s %s", change.name, change.version, change.kind)
        self._news.append(change)

    def __enter__(self) -> Self:
        """Give the manager itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def __repr__(self) -> str:
        """Give one line: the folder and the names."""
        return (
            f"<PluginManager {self.path}: {', '.join(self.get_plugin_name_list()) or 'empty'}>"
        )


def _lines(error: Refusal) -> list[str]:
    return error.message.split("; ") if error.slug == "contract" else [str(error)]
