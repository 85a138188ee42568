"""Programs whose parts come and go: one file, a directory, plugins, scripts in a database.

Importing this imports none of them; each name is fetched from its module on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livepatch.hosting.engine import Engine
    from livepatch.hosting.handlers import BaseHandler, RunResult
    from livepatch.hosting.monitor import monitor_dir
    from livepatch.hosting.plugins import PluginManager, PluginMeta
    from livepatch.hosting.project import ProjectLoader
    from livepatch.hosting.scripts import ScriptHost
    from livepatch.hosting.store import ScriptStore

_HOMES = {
    "BaseHandler": "handlers",
    "Engine": "engine",
    "PluginManager": "plugins",
    "PluginMeta": "plugins",
    "ProjectLoader": "project",
    "RunResult": "handlers",
    "ScriptHost": "scripts",
    "ScriptStore": "store",
    "monitor_dir": "monitor",
}

__all__ = [
    "BaseHandler",
    "Engine",
    "PluginManager",
    "PluginMeta",
    "ProjectLoader",
    "RunResult",
    "ScriptHost",
    "ScriptStore",
    "monitor_dir",
]


def __getattr__(name: str) -> Any:
    """Give a public name, from the module that is its home."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
