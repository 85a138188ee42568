"""The terms on which a watch applies patches: where, after which check, for how long."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypedDict

from livepatch.errors import UsageError
from livepatch.model import Patch
from livepatch.patching.commits import SESSIONS
from livepatch.patching.patcher import Patcher

GateLike = Callable[[Patch], object] | str


class TermOptions(TypedDict, total=False):
    """The terms as keywords of `watch()`."""

    guard: float | None
    gate: GateLike | None
    probe: Callable[[], object] | None
    ttl: float | None
    canary: float | None
    session_limit: float | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What `watch()` was asked for beside paths; nothing of it costs anything where it is None."""

    guard: float | None = None
    gate: GateLike | None = None
    probe: Callable[[], object] | None = None
    ttl: float | None = None
    canary: float | None = None
    session_limit: float | None = None

    def check(self) -> None:
        """Raise `UsageError` for a value that makes no sense."""
        for name in ("guard", "ttl", "session_limit"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                message = f"watch: {name} needs a number of seconds above 0, not {value!r}"
                raise UsageError(message)
        if self.canary is not None and not 0 < self.canary < 1:
            message = f"watch: canary needs a share between 0 and 1, not {self.canary!r}"
            raise UsageError(message)
        gate: Any = self.gate  # a caller need not keep to the types
        if gate is not None and not (callable(gate) or isinstance(gate, str)):
            message = f"watch: gate needs a callable, a command or 'fork', not {self.gate!r}"
            raise UsageError(message)

    def install(self, patcher: Patcher, *, say: Callable[[str], object]) -> Callable[[], Any]:
        """Have the patches of `patcher` made on these terms; gives what ends that."""
        self.check()
        stack = ExitStack()
        if self.session_limit is not None:
            stack.callback(setattr, SESSIONS, "limit", SESSIONS.limit)
            SESSIONS.limit = self.session_limit
        if self.gate is not None:
            from livepatch.patching import gates  # noqa: PLC0415  only who asks for it pays

            stack.callback(gates.install(patcher, self.gate, self.probe))
        if self.canary is not None:
            from livepatch.patching import canary  # noqa: PLC0415

            stack.callback(canary.canary(patcher, self.canary, say=say))
        if self.guard is not None:
            from livepatch.patching import guard  # noqa: PLC0415

            stack.callback(guard.guard(patcher, self.guard))
        if self.ttl is not None:
            from livepatch.patching import expiry  # noqa: PLC0415

            stack.callback(expiry.expire(patcher, self.ttl))
        return stack.close
