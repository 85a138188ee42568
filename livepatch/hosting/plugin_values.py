"""The values that a plugin manager gives out: frozen, and true of one moment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from livepatch.hosting.contract import NAME, RUN, VERSION

Kind = Literal["added", "changed", "removed", "refused"]


@dataclass(frozen=True, slots=True)
class PluginMeta:
    """One plugin as it was when it was asked for; `call` is its `run`, and follows its edits."""

    name: str
    path: str
    version: str
    call: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class PluginChange:
    """What happened to the plugin at `path`; `reasons` say why it, or its new text, was refused.

    `version` is the one that it has now, or had when it was removed; `old_version` the one
    before a change.
    """

    kind: Kind
    name: str
    path: str
    version: str = ""
    old_version: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PluginResult:
    """What became of one guarded call: its `value`, or the `error` that it raised."""

    name: str
    value: Any = None
    error: BaseException | None = None

    @property
    def ok(self) -> bool:
        """True unless the plugin raised."""
        return self.error is None


def name_in(names: Mapping[str, Any], path: str) -> str:
    """Give the name that a plugin's module gives itself, or that of its file."""
    stem = os.path.splitext(os.path.basename(path))[0]  # noqa: PTH119, PTH122
    return str(names.get(NAME, stem))


def meta_in(names: Mapping[str, Any], path: str) -> PluginMeta:
    """Give the meta that the names of a plugin's module amount to."""
    call = names.get(RUN)
    return PluginMeta(
        name_in(names, path),
        path,
        str(names.get(VERSION, "")),
        call if callable(call) else _nothing,
    )


def _nothing(*_: Any, **__: Any) -> None:
    """Stand in for `run` where the contract asks for none."""
