"""Templates of plugins: each plugin has its own, in the version that its code has.

The texts are held in memory and replaced by the patch that replaces the code, so a request that
began before never renders a template from after.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from flask import Flask, has_request_context
from jinja2 import BaseLoader, Environment, TemplateNotFound
from jinja2.loaders import split_template_path

from livepatch.hosting.loading import read_bytes
from livepatch.model import Write
from livepatch.runtime import holding

Uptodate = Callable[[], bool]


class PluginTemplates(BaseLoader):
    """Gives the templates of one plugin, from texts in memory."""

    def __init__(self, folder: str) -> None:
        """Read all templates below `folder`, which need not exist."""
        self.folder = folder
        self.sources = self.read()

    def read(self) -> dict[str, str]:
        """Give the texts on disk by name; what is no UTF-8 is no template."""
        found = {}
        for place, _, files in os.walk(self.folder):
            for name in files:
                file = os.path.join(place, name)  # noqa: PTH118
                data = read_bytes(file)
                key = os.path.relpath(file, self.folder).replace(os.sep, "/")
                if data is not None and not name.startswith("."):
                    try:
                        found[key] = data.decode("utf-8")
                    except UnicodeDecodeError:
                        continue
        return found

    def changed(self) -> tuple[str, ...]:
        """Give the names whose texts on disk are others than those in use."""
        new, old = self.read(), self._now()
        return tuple(sorted(key for key in {*new, *old} if new.get(key) != old.get(key)))

    def replacement(self) -> Write:
        """Give the write that puts the texts on disk in place of those in use."""
        return holding.replacement(holding.hold(self, ["sources"], {}), "sources", self.read())

    def _now(self) -> dict[str, str]:
        if holding.is_held(self):
            return holding.current(type(self), "sources")  # type: ignore[no-any-return]
        return self.sources

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Uptodate]:
        """Give the text that the caller's version of the plugin has."""
        del environment
        name = "/".join(split_template_path(template))
        text = self.sources.get(name)
        if text is not None:
            file = os.path.join(self.folder, *name.split("/"))  # noqa: PTH118
            return text, file, lambda: self.sources.get(name) == text
        raise TemplateNotFound(template)

    def list_templates(self) -> list[str]:
        """Give the names of all templates."""
        return sorted(self.sources)


class PluginFirst(BaseLoader):
    """Gives the templates of one plugin, and behind them those of the application."""

    def __init__(self, own: PluginTemplates, application: BaseLoader) -> None:
        """Look into `own` first."""
        self._own = own
        self._application = application

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Uptodate | None]:
        """Give the text of the template, and where it comes from."""
        try:
            return self._own.get_source(environment, template)
        except TemplateNotFound:
            found = self._application.get_source(environment, template)
        source, file, uptodate = found
        check = uptodate or bool
        return source, file, lambda: template not in self._own.sources and check()

    def list_templates(self) -> list[str]:
        """Give the names of all templates that the plugin can use."""
        return sorted({*self._own.list_templates(), *self._application.list_templates()})


def use_plugin_templates(
    app: Flask, find: Callable[[], BaseLoader | None], *, live: bool
) -> None:
    """Have templates of `app` come from the plugin that serves the current request.

    `find` gives its loader. With `live` those of the application are read again when they
    change, too.
    """
    base: Any = app.jinja_environment

    class PluginEnvironment(base):  # type: ignore[misc]
        """An environment whose loader depends on who asks."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.__dict__["auto_reload"] = live or self.__dict__["auto_reload"]

        @property
        def loader(self) -> BaseLoader | None:
            """The loader of the plugin that serves the request, else that of the application."""
            templates = find() if has_request_context() else None
            return (
                templates if templates is not None else self.__dict__.get("application_loader")
            )

        @loader.setter
        def loader(self, loader: BaseLoader | None) -> None:
            self.__dict__["application_loader"] = loader

    environment: Any = vars(app).get("jinja_env")
    if environment is not None:
        environment.__dict__["application_loader"] = environment.__dict__.pop("loader", None)
        environment.__class__ = PluginEnvironment
        environment.auto_reload = environment.auto_reload or live
    app.jinja_environment = PluginEnvironment
