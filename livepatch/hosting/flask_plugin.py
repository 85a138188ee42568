"""`Plugin`: a blueprint that a manager loads, starts, stops and unloads while the application runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from types import ModuleType
from typing import Any, Self

from flask import Blueprint
from jinja2 import BaseLoader

from livepatch.errors import PluginConfigError, PluginStateError
from livepatch.hosting.flask_config import CONFIG_FILE, PluginConfig, read_config
from livepatch.hosting.flask_templates import PluginFirst, PluginTemplates
from livepatch.patching.registry import real_path
from livepatch.runtime import frames


class PluginStatus(Enum):
    """Where a plugin stands between being found and serving requests."""

    Unloaded = "Unloaded"  # nothing of it was executed, or all of it is gone
    Loaded = "Loaded"  # its code is imported; no route leads to it
    Running = "Running"
    Stopped = "Stopped"  # its routes answer 404


MOVES: dict[tuple[PluginStatus, str], PluginStatus] = {
    (PluginStatus.Unloaded, "load"): PluginStatus.Loaded,
    (PluginStatus.Loaded, "start"): PluginStatus.Running,
    (PluginStatus.Loaded, "unload"): PluginStatus.Unloaded,
    (PluginStatus.Running, "stop"): PluginStatus.Stopped,
    (PluginStatus.Stopped, "start"): PluginStatus.Running,
    (PluginStatus.Stopped, "unload"): PluginStatus.Unloaded,
}

_loading: ContextVar[Plugin | None] = ContextVar("livepatch_plugin", default=None)


class Plugin(Blueprint):
    """A blueprint with an identity, which `plugin.json` beside it gives; made without arguments.

    While a manager loads a plugin, `Plugin()` gives the one that the manager has found, so what
    `find` gave is what the module defines its routes on.
    """

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Give the plugin that is being loaded, else a new one."""
        waiting = _loading.get()
        if waiting is None or waiting.claimed or not isinstance(waiting, cls):
            return super().__new__(cls)
        return waiting

    def __init__(  # noqa: PLR0913  the arguments of a blueprint, as keywords
        self,
        id_: str = "",
        domain: str = "",
        name: str = "",
        *,
        import_name: str = "",
        static_folder: str | os.PathLike[str] | None = None,
        static_url_path: str | None = None,
        template_folder: str | os.PathLike[str] | None = None,
        root_path: str = "",
        config: PluginConfig | None = None,
        **info: Any,
    ) -> None:
        """Take the identity from `config`, from `plugin.json`, or from the arguments.

        Folders called `static` and `templates` are used without being named. `info` is kept as
        `info` beside what `plugin.json` says.
        """
        caller = frames.caller().f_globals
        beside = os.path.dirname(str(caller.get("__file__") or ""))  # noqa: PTH120
        root = real_path(root_path or beside or os.getcwd())  # noqa: PTH109
        config = config or _config_at(root, PluginConfig(id_, domain, name or domain))
        _check_same(root, config, {"id": id_, "domain": domain, "name": name})
        super().__init__(
            config.domain,
            import_name or str(caller.get("__name__")),
            static_folder=static_folder or _folder(root, "static"),
            static_url_path=static_url_path or "/static",
            template_folder=template_folder or _folder(root, "templates"),
            root_path=root,
        )
        self.name = config.name  # for people: it is registered under its domain
        self._got_registered_once = False  # it may have been, before it was unloaded
        self.claimed = _loading.get() is self
        self.config = config
        self.basedir = root
        self.more = info
        folder = os.path.join(root, str(self.template_folder or "templates"))  # noqa: PTH118
        self.templates = PluginTemplates(folder)
        self._loader: BaseLoader | None = None
        self.__dict__.setdefault("status", PluginStatus.Unloaded)
        self.__dict__.setdefault("module", None)

    module: ModuleType | None
    status: PluginStatus

    @property
    def jinja_loader(self) -> PluginTemplates:
        """The templates of the plugin alone, in the version that the caller is pinned to."""
        return self.templates

    def loader(self, behind: Callable[[], BaseLoader]) -> BaseLoader:
        """Give the loader of templates for its requests, `behind()` behind its own."""
        if self._loader is None:
            self._loader = PluginFirst(self.templates, behind())
        return self._loader

    @property
    def id_(self) -> str:
        """What tells it from all other plugins."""
        return self.config.id

    @property
    def domain(self) -> str:
        """The part of the URL that it answers below."""
        return self.config.domain

    @property
    def info(self) -> dict[str, Any]:
        """What else `plugin.json` and the arguments say."""
        return {**self.config.info, **self.more}

    def export_status_to_dict(self) -> dict[str, Any]:
        """Give what an interface shows of it."""
        return {
            "id": self.id_,
            "domain": self.domain,
            "name": self.name,
            "status": self.status.value,
            "info": self.info,
        }

    def after(self, move: str) -> PluginStatus:
        """Give the state after `move`; raise `PluginStateError` where that is not allowed."""
        try:
            return MOVES[self.status, move]
        except KeyError:
            message = f"plugin {self.domain}: it is {self.status.value}, so it cannot {move}"
            raise PluginStateError(message) from None

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Have `Plugin()` give this one, in this thread and once."""
        self.claimed = False
        token = _loading.set(self)
        try:
            yield
        finally:
            _loading.reset(token)

    def own_endpoint(self, name: str, endpoint: str) -> str:
        """Give the name under which an application knows a view given to `endpoint`."""
        return endpoint if "." in endpoint else f"{name}.{endpoint}"

    def _merge_blueprint_funcs(self, app: Any, name: str) -> None:
        """Give the application all hooks, and views of `endpoint` under the plugin's own names."""
        others = {key: app.view_functions.get(key) for key in self.view_functions}
        super()._merge_blueprint_funcs(app, name)
        for endpoint, view in self.view_functions.items():
            before = others[endpoint]
            if before is None:
                del app.view_functions[endpoint]
            else:
                app.view_functions[endpoint] = before
            app.view_functions[self.own_endpoint(name, endpoint)] = view

    def __repr__(self) -> str:
        """Give one line: domain and state."""
        return f"<Plugin {self.domain}: {self.status.value}>"


def _config_at(root: str, given: PluginConfig) -> PluginConfig:
    file = os.path.join(root, CONFIG_FILE)  # noqa: PTH118
    if os.path.isfile(file):  # noqa: PTH113
        return read_config(root)
    if not given.domain:
        reason = f"there is no {CONFIG_FILE}, and no domain was given"
        raise PluginConfigError(root, (reason,))
    return given


def _check_same(root: str, config: PluginConfig, given: dict[str, str]) -> None:
    """Raise `PluginConfigError` where arguments and `plugin.json` contradict each other."""
    wrong = tuple(
        f"{CONFIG_FILE} has the {key} {getattr(config, key)!r}, Plugin() has {value!r}"
        for key, value in given.items()
        if value and value != getattr(config, key)
    )
    if wrong:
        raise PluginConfigError(root, wrong)


def _folder(root: str, name: str) -> str | None:
    return name if os.path.isdir(os.path.join(root, name)) else None  # noqa: PTH112, PTH118
