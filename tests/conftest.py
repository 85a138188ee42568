"""What every test may use."""

import importlib
import sys
import textwrap
from pathlib import Path

import pytest

# Programs, one of them with tests of its own; test_cases.py runs them.
collect_ignore = ["cases"]


class Project:
    """A folder of Python files, the modules imported from it, and livepatch over them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name):
        """Give the path of the file `name`."""
        return self.folder / name

    def write(self, name, text):
        """Make `text`, without its common indentation, the content of the file `name`."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return path

    def load(self, name):
        """Import the module `name`; have it tracked, and all that it imports from the folder."""
        from livepatch import api

        before = set(sys.modules)
        module = importlib.import_module(name)
        for other in [known for known in sys.modules if known not in before]:
            file = str(getattr(sys.modules[other], "__file__", None) or "")
            if file.startswith(str(self.folder)):
                api.default_patcher().track(sys.modules[other], file, Path(file).read_bytes())
        return module

    def start(self, name, text):
        """Write the module `name` with `text` and load it."""
        self.write(name.replace(".", "/") + ".py", text)
        return self.load(name)

    def edit(self, name, old, new):
        """Put `new` for `old`, which occurs once, in the file `name`."""
        text = self.path(name).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {name}"
        self.path(name).write_text(text.replace(old, new), "utf-8")

    def refresh(self):
        """Apply what is on disk; give the patch."""
        import livepatch

        return livepatch.refresh()

    def get(self, dotted):
        """Give what stands under a dotted name such as `app.Cart.total` now."""
        module, *rest = dotted.split(".")
        value = sys.modules[module]
        for name in rest:
            value = (
                sys.modules.get(f"{value.__name__}.{name}")
                if not hasattr(value, name)
                else getattr(value, name)
            )
        return value

    def call(self, dotted, *arguments, **keywords):
        """Call what stands under a dotted name now; give the result."""
        return self.get(dotted)(*arguments, **keywords)


MANY_PATCHES = ("tests/threads/", "tests/test_oracle.py", "tests/test_session_oracle.py")
"""Tests that patch thousands of times, and need no process of their own for it."""


def pytest_collection_modifyitems(items):
    """Run these first: each patch looks through the heap, which grows with what tests import."""
    items.sort(key=lambda item: not item.nodeid.startswith(MANY_PATCHES))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Give a `Project` whose modules, paths and tracking are gone after the test."""
    folder = tmp_path.resolve() / "project"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield Project(folder)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]
