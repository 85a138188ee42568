"""What the tests of the ways in share: nobody watches files, edits are applied by hand."""

import os
from pathlib import Path

import pytest

from livepatch import ways

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_watcher(monkeypatch):
    """Let no thread apply an edit before the test does."""
    monkeypatch.setattr("livepatch.watching.marked.MarkedFiles.add", lambda *_: None)
    monkeypatch.setattr(ways, "_sites", {})


@pytest.fixture
def environment():
    """Give the environment of a process that imports this very livepatch."""
    return os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
