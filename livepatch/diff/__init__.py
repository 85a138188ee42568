"""Baseline and new definitions to an ordered plan: pure.

The package bears the name of a public verb, so it is one: `livepatch.diff(n)` means the verb
whether or not the package has been imported.
"""

from __future__ import annotations

import sys
from types import ModuleType


class _Verb(ModuleType):
    """A package that can be called like the verb of its name."""

    def __call__(self, n: int | None = None) -> str:
        """Give what patch `n` (the newest) changed, as a unified diff of the files."""
        __import__("livepatch.production")
        text: str = sys.modules["livepatch.production"].diff(n)
        return text


sys.modules[__name__].__class__ = _Verb
