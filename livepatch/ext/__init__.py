"""Ways in that need a package or a prompt of their own: one per module, imported on request."""

from __future__ import annotations

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Be `%load_ext livepatch`: apply what was saved before each cell of `shell`."""
    from livepatch.ext.ipython import load  # noqa: PLC0415  only inside IPython

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Be `%unload_ext livepatch`: leave `shell` as it was."""
    from livepatch.ext.ipython import unload  # noqa: PLC0415  only inside IPython

    unload(shell)
