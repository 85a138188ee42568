"""What a plugin manager tells of: each signal comes with `plugin`, and its sender is the manager."""

from __future__ import annotations

from typing import Final

from blinker import NamedSignal, Namespace

_NAMESPACE: Final = Namespace()

loaded: Final[NamedSignal] = _NAMESPACE.signal("loaded")
started: Final[NamedSignal] = _NAMESPACE.signal("started")
stopped: Final[NamedSignal] = _NAMESPACE.signal("stopped")
unloaded: Final[NamedSignal] = _NAMESPACE.signal("unloaded")
patched: Final[NamedSignal] = _NAMESPACE.signal("patched")
"""Comes with `patch`, too: files of the plugin went live, or an undo took them back."""
