"""Follows the files of loaded plugins: code and templates that changed together are one patch."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from livepatch.errors import PluginConfigError
from livepatch.hosting.batch import apply_apart
from livepatch.hosting.flask_config import CONFIG_FILE, read_config
from livepatch.hosting.flask_files import PluginFiles
from livepatch.hosting.flask_plugin import Plugin
from livepatch.hosting.journal import Journal
from livepatch.hosting.loading import sha1_of
from livepatch.hosting.lookout import Lookout
from livepatch.model import Change, ChangeKind, FilePlan, Patch, PatchKind, Refusal
from livepatch.patching.patcher import Patcher
from livepatch.patching.transaction import Transaction

Plugins = Callable[[], Sequence[Plugin]]
Refuse = Callable[[str, Iterable[str]], None]


class LivePlugins:
    """Has plugins be as their files are, whenever `look` is called.

    `plugins` gives those that are loaded; `refuse` is told why a new text is not taken (with no
    reasons: that all is well), and `on_patch` of each patch that concerns a plugin.
    """

    def __init__(  # noqa: PLR0913
        self,
        patcher: Patcher,
        files: PluginFiles,
        journal: Journal,
        plugins: Plugins,
        refuse: Refuse,
        *,
        lock: threading.RLock,
    ) -> None:
        """Follow nothing yet; `lock` guards what is loaded, and is held through each look."""
        self._patcher = patcher
        self._files = files
        self._journal = journal
        self._plugins = plugins
        self._refuse = refuse
        self._lock = lock
        self._depth = 0
        self._news: deque[tuple[Plugin, Patch]] = deque()
        self._attempt: frozenset[tuple[str, str]] = frozenset()
        self._lookout: Lookout | None = None
        self.on_patch: Callable[[Plugin, Patch], object] = lambda *_: None
        patcher.gates.append(self._add_templates)
        self._silence = patcher.on_patch(self._follow)

    def start(self, interval: float) -> None:
        """Look after every event below the folder of the plugins, and every `interval` seconds."""
        self._lookout = Lookout(
            self._look_and_cover,
            interval=interval,
            relevant=lambda path: "__pycache__" not in path,
            warn=self._journal.warn,
        )
        self._lookout.keep_folders(self._files.all_folders())
        self._lookout.start()

    def stop(self) -> None:
        """Follow nothing more."""
        if self._lookout is not None:
            self._lookout.stop()
            self._lookout = None
        self._silence()
        if self._add_templates in self._patcher.gates:
            self._patcher.gates.remove(self._add_templates)

    def _look_and_cover(self) -> None:
        self.look()
        if self._lookout is not None:
            self._lookout.keep_folders(self._files.all_folders())

    def look(self) -> None:
        """Have all loaded plugins be as their files are now."""
        with self._lock:
            self._depth += 1
            try:
                plugins = [p for p in self._plugins() if os.path.isdir(p.basedir)]  # noqa: PTH112
                for plugin in plugins:
                    self._read_config(plugin)
                if self._patch(plugins):
                    self._patch_templates(plugins)
            finally:
                self._depth -= 1
        self._tell()

    def _tell(self) -> None:
        """Tell of patches; not while the lock is held, since who is told may wait for others."""
        while not self._depth and self._news:
            self.on_patch(*self._news.popleft())

    def _patch(self, plugins: Sequence[Plugin]) -> bool:
        """Apply code that changed, in one patch; tell whether templates may go live by themselves."""
        sources = dict(pair for p in plugins for pair in self._files.changed_in(p.basedir))
        attempt = frozenset((file, sha1_of(data)) for file, data in sources.items())
        if not sources:
            self._attempt = attempt
            for plugin in plugins:
                self._refuse(plugin.basedir, ())
            return True
        if attempt == self._attempt:
            return False  # refused as it is; its templates wait for it
        self._attempt = attempt
        outcome = apply_apart(self._patcher, sources, unit_of=self._files.unit_of)
        for file in outcome.taken:
            self._files.take(file, sources[file])
        units = {self._files.unit_of(file) for file in sources}
        reasons: dict[str, dict[str, None]] = {unit: {} for unit in units}
        for file, errors in outcome.refused.items():
            reasons[self._files.unit_of(file)].update(dict.fromkeys(map(str, errors)))
        for unit, lines in reasons.items():
            self._refuse(unit, lines)
        return not outcome.refused

    def _patch_templates(self, plugins: Sequence[Plugin]) -> None:
        """Apply templates that changed without any code."""
        transaction = Transaction()
        for plugin in plugins:
            self._add(transaction, plugin)
        if transaction.pending:
            self._patcher.commit(transaction, PatchKind.FILES)

    def _add_templates(
        self, transaction: Transaction, plans: Sequence[FilePlan]
    ) -> Refusal | None:
        """Let the templates of a plugin go live with its code: a gate, which refuses nothing."""
        units = {self._files.unit_of(plan.file) for plan in plans}
        for plugin in self._plugins():
            if plugin.basedir in units:
                self._add(transaction, plugin)
        return None

    @staticmethod
    def _add(transaction: Transaction, plugin: Plugin) -> None:
        templates = plugin.templates
        names = templates.changed()
        module = plugin.module.__name__ if plugin.module is not None else ""
        if names:
            transaction.add([templates.replacement()])
        for name in names:
            file = os.path.join(templates.folder, *name.split("/"))  # noqa: PTH118
            change = Change(ChangeKind.UPDATED, name, file, 1, module, "template")
            transaction.changes.append(change)

    def _read_config(self, plugin: Plugin) -> None:
        """Take what `plugin.json` says for people; an identity only changes with a reload."""
        try:
            config = read_config(plugin.basedir)
        except PluginConfigError as error:
            self._refuse(os.path.join(plugin.basedir, CONFIG_FILE), error.reasons)  # noqa: PTH118
            return
        reasons: tuple[str, ...] = ()
        if (config.id, config.domain) != (plugin.id_, plugin.domain):
            reasons = ("another id or domain takes effect when the plugin is loaded anew",)
        elif config != plugin.config:
            plugin.config, plugin.name = config, config.name
        self._refuse(os.path.join(plugin.basedir, CONFIG_FILE), reasons)  # noqa: PTH118

    def _follow(self, patch: Patch) -> None:
        files = {*patch.files, *(change.file for change in patch.changes)}
        units = {self._files.unit_of(file) for file in files}
        for plugin in self._plugins() if patch else ():
            if plugin.basedir in units:
                self._news.append((plugin, patch))
        self._tell()
