"""What moving a plugin from one state to another does to its application and to the history."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask

from livepatch.errors import PluginStateError
from livepatch.hosting.flask_editing import forget_blueprint
from livepatch.hosting.flask_owning import forget_in
from livepatch.hosting.flask_plugin import Plugin
from livepatch.hosting.flask_table import key_of, table_of
from livepatch.patching.patcher import Patcher


def check_unique(plugin: Plugin, others: Iterable[Plugin]) -> None:
    """Raise `PluginStateError` where one of `others` has the id or the domain of `plugin`."""
    for other in others:
        for what in ("id_", "domain"):
            value = getattr(plugin, what)
            if value == getattr(other, what):
                message = (
                    f"plugin {plugin.domain}: the {what.strip('_')} {value!r} is taken by "
                    f"the plugin in {other.basedir}"
                )
                raise PluginStateError(message)


def register(app: Flask, plugin: Plugin, name: str) -> None:
    """Register `plugin` under `name`, below the URL of that name; the caller has a draft open.

    Rules that are as before stay the same objects, so that the history knows them.
    """
    table = table_of(app)
    old = {key_of(rule): rule for rule in table if rule.endpoint.startswith(f"{name}.")}
    forget_blueprint(app, name)
    above, _, own = name.rpartition(".")
    prefix = f"/{name.replace('.', '/')}"
    plugin.register(app, {"name": own, "name_prefix": above, "url_prefix": prefix})
    table.exchange(lambda rule: old.get(key_of(rule), rule))


def forget_in_history(patcher: Patcher, plugin: Plugin, name: str) -> None:
    """Let no undo bring back what belongs to code that is gone."""
    module = plugin.module.__name__ if plugin.module is not None else ""
    own = (plugin, plugin.templates)
    patcher.revise_history(lambda write: forget_in(write, name, module, own))
