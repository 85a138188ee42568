"""Plugins of a Flask application: blueprints that come, change and go while it serves.

`PluginManager` finds plugins in a folder, loads, starts, stops and unloads them, and patches
them whenever their files are saved. Every request is a session: it is answered by one version.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from flask import Flask, current_app, request
from jinja2 import BaseLoader

from livepatch.api import default_patcher
from livepatch.errors import PluginConfigError, PluginError
from livepatch.hosting import flask_admin, flask_live, flask_moves
from livepatch.hosting.flask_config import read_config
from livepatch.hosting.flask_editing import editing, forget_blueprint, silence_blueprint
from livepatch.hosting.flask_files import PluginFiles
from livepatch.hosting.flask_owning import drop_code_of
from livepatch.hosting.flask_plugin import Plugin, PluginStatus
from livepatch.hosting.flask_signals import loaded, patched, started, stopped, unloaded
from livepatch.hosting.flask_templates import use_plugin_templates
from livepatch.hosting.journal import Journal, Log
from livepatch.patching.patcher import Patcher
from livepatch.production import wsgi

__all__ = [
    "Plugin",
    "PluginManager",
    "PluginStatus",
    "loaded",
    "patched",
    "started",
    "stopped",
    "unloaded",
]

DEFAULTS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "plugins_blueprint": "plugins",
        "plugins_directory": "plugins",
        "plugins_excludes_directory": ("__pycache__",),
        "plugins_admin_token": "",
    }
)
"""The configuration, in capitals or as here, in `app.config`."""


class PluginManager:
    """Keeps the plugins of one application: `find` them, then `load`, `start`, `stop`, `unload`.

    `plugins_directory` is their folder, `plugins_blueprint` the part of the URL and of endpoints
    that they are below, `plugins_excludes_directory` names folders that are no plugins. With
    `plugins_admin_token` there is a page to see and steer them. With `watch` files that are
    saved go live by themselves, otherwise with `refresh()`.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        watch: bool = True,
        interval: float = 1.0,
        log: Log = None,
        patcher: Patcher | None = None,
    ) -> None:
        """Serve `app`, or the application that `init_app` is called with."""
        self.patcher = patcher or default_patcher()
        self.journal = Journal(log)
        self._watch, self._interval = watch, interval
        self._lock = threading.RLock()  # guards _handles and the states of the plugins
        self._handles: dict[str, Plugin] = {}
        self._app: Flask | None = None
        self._files: PluginFiles | None = None
        self._live: flask_live.LivePlugins | None = None
        self.errors: Mapping[str, tuple[str, ...]] = MappingProxyType({})
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Serve `app`, which has the manager as `plugin_manager` from now on."""
        for key, default in DEFAULTS.items():
            app.config.setdefault(key.upper(), app.config.get(key, default))
        self._app = app
        self._files = PluginFiles(self.basedir, self.patcher)
        app.plugin_manager = self  # type: ignore[attr-defined]
        app.extensions["plugin_manager"] = self
        app.wsgi_app = wsgi(app.wsgi_app)  # type: ignore[method-assign]
        use_plugin_templates(app, self._loader, live=True)
        app.register_blueprint(flask_admin.make_admin(self), url_prefix=f"/{self.domain}")
        self._live = flask_live.LivePlugins(
            self.patcher,
            self._files,
            self.journal,
            self._loaded,
            self._refused,
            lock=self._lock,
        )
        self._live.on_patch = lambda plugin, patch: patched.send(
            self, plugin=plugin, patch=patch
        )
        if self._watch:
            self._live.start(self._interval)

    # --- what there is -------------------------------------------------------------------------

    @property
    def app(self) -> Flask:
        """The application; raises `PluginError` before `init_app`."""
        if self._app is None:
            message = "PluginManager: it has no application yet; call init_app first"
            raise PluginError(message)
        return self._app

    @property
    def domain(self) -> str:
        """The part of the URL, and of endpoints, that plugins are below."""
        return str(self.app.config["PLUGINS_BLUEPRINT"]).strip("/")

    @property
    def basedir(self) -> str:
        """The folder in which the plugins lie."""
        return os.path.join(self.app.root_path, self.app.config["PLUGINS_DIRECTORY"])  # noqa: PTH118

    @property
    def plugins(self) -> list[Plugin]:
        """All plugins: those that `scan` finds, then those that are loaded."""
        return [*self.scan(), *self._loaded()]

    @property
    def status(self) -> list[dict[str, Any]]:
        """What an interface shows of all plugins."""
        return [plugin.export_status_to_dict() for plugin in self.plugins]

    def scan(self) -> list[Plugin]:
        """Give the plugins that are not loaded; nothing of them is executed.

        A folder without a good `plugin.json` is left out; `errors` says why. Raises
        `FileNotFoundError` where there is no folder for plugins.
        """
        with self._lock:
            excluded = frozenset(self.app.config["PLUGINS_EXCLUDES_DIRECTORY"])
            folders = self._needed_files().folders(excluded)
            found = []
            for folder in folders:
                plugin = self._handles.get(folder)
                if plugin is None or plugin.status is PluginStatus.Unloaded:
                    plugin = self._found_in(folder, plugin)
                    if plugin is not None:
                        found.append(plugin)
            self._forget_handles(folders)
            return found

    def _found_in(self, folder: str, known: Plugin | None) -> Plugin | None:
        try:
            config = read_config(folder)
        except PluginConfigError as error:
            self._refused(folder, error.reasons)
            self._handles.pop(folder, None)
            return None
        self._refused(folder, ())
        if known is not None and known.config == config:
            return known
        plugin = Plugin(config=config, root_path=folder, import_name=config.domain)
        self._handles[folder] = plugin
        return plugin

    def _forget_handles(self, folders: Iterable[str]) -> None:
        for folder in self._handles.keys() - set(folders):
            if self._handles[folder].status is PluginStatus.Unloaded:
                del self._handles[folder]

    def find(self, id_: str = "", domain: str = "", name: str = "") -> Plugin | None:
        """Give the first plugin with this id, domain or name, None where there is none."""
        for plugin in self.plugins if id_ or domain or name else ():
            if id_ == plugin.id_ or domain == plugin.domain or name == plugin.name:
                return plugin
        return None

    def _loaded(self) -> list[Plugin]:
        every = list(self._handles.values())  # no lock: the patcher asks while it holds its own
        return [plugin for plugin in every if plugin.status is not PluginStatus.Unloaded]

    # --- moves ---------------------------------------------------------------------------------

    def load(self, plugin: Plugin) -> None:
        """Import the code of `plugin`; no route leads to it yet.

        Raises `PluginStateError` where it is loaded, or where its id or domain is taken, and
        `PluginImportError` where its code raises.
        """
        with self._lock:
            state = plugin.after("load")
            flask_moves.check_unique(plugin, self._loaded())
            self._needed_files().load(plugin)
            self._handles[plugin.basedir] = plugin
            self._reached(plugin, state)
        loaded.send(self, plugin=plugin)

    def start(self, plugin: Plugin) -> None:
        """Let the routes of `plugin` answer."""
        with self._lock:
            state = plugin.after("start")
            try:
                with editing():
                    flask_moves.register(self.app, plugin, self._full_name(plugin))
            except Exception as error:
                message = f"plugin {plugin.domain}: it cannot start: {error}"
                raise PluginError(message) from error
            self._reached(plugin, state)
        started.send(self, plugin=plugin)

    def stop(self, plugin: Plugin) -> None:
        """Have the routes of `plugin` answer 404; requests that it is answering are answered."""
        with self._lock:
            state = plugin.after("stop")
            with editing():
                silence_blueprint(self.app, self._full_name(plugin))
                self._drop_code(plugin)
            self._reached(plugin, state)
        stopped.send(self, plugin=plugin)

    def unload(self, plugin: Plugin) -> None:
        """Forget the code and the routes of `plugin`; requests in its code finish there."""
        with self._lock:
            state = plugin.after("unload")
            with editing():
                forget_blueprint(self.app, self._full_name(plugin))
                self._drop_code(plugin)
            flask_moves.forget_in_history(self.patcher, plugin, self._full_name(plugin))
            self._needed_files().unload(plugin)
            plugin.module = None
            self._reached(plugin, state)
        unloaded.send(self, plugin=plugin)

    def reload(self, plugin: Plugin) -> Plugin:
        """Give `plugin` anew, from its files and without its state, in the state it was in.

        Where the new one cannot be imported or started, the old one goes on. Edits need no
        reload: they go live by themselves, and keep the state.
        """
        with self._lock:
            if plugin.status is PluginStatus.Unloaded:
                plugin.after("reload")
            config = read_config(plugin.basedir)
            new = Plugin(config=config, root_path=plugin.basedir, import_name=config.domain)
            flask_moves.check_unique(new, [p for p in self._loaded() if p is not plugin])
            aside = self._needed_files().load(new)
            try:
                with editing():
                    forget_blueprint(self.app, self._full_name(plugin))
                    self._drop_code(plugin)
                    if plugin.status is PluginStatus.Running:
                        flask_moves.register(self.app, new, self._full_name(new))
            except Exception as error:
                self._needed_files().unload(new)
                self._needed_files().put_back(aside)
                message = f"plugin {plugin.domain}: the new one cannot start: {error}"
                raise PluginError(message) from error
            flask_moves.forget_in_history(self.patcher, plugin, self._full_name(plugin))
            was, plugin.status = plugin.status, PluginStatus.Unloaded
            running = was is PluginStatus.Running
            self._handles[plugin.basedir] = new
            self._reached(new, PluginStatus.Running if running else PluginStatus.Loaded)
        unloaded.send(self, plugin=plugin)
        loaded.send(self, plugin=new)
        if running:
            started.send(self, plugin=new)
        return new

    def refresh(self) -> None:
        """Have all loaded plugins be as their files are now, without waiting for anything."""
        if self._live is not None:
            self._live.look()

    def close(self) -> None:
        """Follow the files no longer, and unload all plugins; the application goes on."""
        if self._live is not None:
            self._live.stop()
        for plugin in self._loaded():
            if plugin.status is PluginStatus.Running:
                self.stop(plugin)
            self.unload(plugin)
        if self._files is not None:
            self._files.close()
        self.journal.close()

    # --- inside --------------------------------------------------------------------------------

    def _needed_files(self) -> PluginFiles:
        if self._files is None:
            _ = self.app  # says what is missing
            raise AssertionError
        return self._files

    def _full_name(self, plugin: Plugin) -> str:
        return f"{self.domain}.{plugin.domain}"

    def _drop_code(self, plugin: Plugin) -> None:
        if plugin.module is not None:
            drop_code_of(self.app, plugin.module.__name__)

    def _reached(self, plugin: Plugin, state: PluginStatus) -> None:
        plugin.status = state
        self.journal.note("plugin %s: %s", plugin.domain, state.value)

    def _refused(self, folder: str, reasons: Iterable[str]) -> None:
        """Note why a plugin, or its new text, is not taken; nothing for one that is."""
        reasons = tuple(reasons)
        with self._lock:
            if self.errors.get(folder, ()) == reasons:
                return
            others = {key: value for key, value in self.errors.items() if key != folder}
            self.errors = MappingProxyType({**others, folder: reasons} if reasons else others)
        for reason in reasons:
            self.journal.warn("plugin in %s refused: %s", folder, reason)

    def _loader(self) -> BaseLoader | None:
        """Give the templates of the plugin that serves the request, as its version has them."""
        for name in request.blueprints:
            plugin = current_app.blueprints.get(name)
            if isinstance(plugin, Plugin):
                return plugin.loader(current_app.create_global_jinja_loader)
        return None

    def __repr__(self) -> str:
        """Give one line: the folder, and how many plugins run."""
        if self._app is None:
            return "<PluginManager without an application>"
        running = sum(p.status is PluginStatus.Running for p in self._loaded())
        return f"<PluginManager {self.basedir}: {running} running>"
