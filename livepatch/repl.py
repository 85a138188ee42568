"""`import livepatch.repl` at a prompt: saved changes are applied before each input from then on.

This module is the one whose import has an effect: that is what it is for.
"""

from __future__ import annotations

from livepatch.ext.repl import begin

__all__ = ["session"]

session = begin()
"""Looks and steers: `status()`, `diff()`, `undo()`, `history()`, `patch()`, `edit()`, `save()`."""
