"""What the tests of hosts share: a patcher of their own, files, and a way to wait for news."""

import queue
import sys
import textwrap

import pytest

from livepatch.patching.patcher import Patcher

PATIENCE = 20.0


class News:
    """Collects what a host tells of, from any thread; tests wait for it and never sleep."""

    def __init__(self):
        self._queue = queue.SimpleQueue()
        self.seen = []

    def __call__(self, event):
        self._queue.put(event)

    def next(self, wanted=lambda _: True):
        """Give the first further event that `wanted` takes."""
        while True:
            try:
                event = self._queue.get(timeout=PATIENCE)
            except queue.Empty:
                pytest.fail(f"it was never told of; seen: {self.seen}")
            self.seen.append(event)
            if wanted(event):
                return event

    def kind(self, kind):
        """Give the first further event of this kind."""
        return self.next(lambda event: event.kind == kind)


class Folder:
    """A folder of files that tests write."""

    def __init__(self, path):
        self.path = path

    def write(self, name, text):
        """Make `text`, without its common indentation, the content of `name`."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return file

    def replace(self, name, text):
        """Do the same as editors do that rename a new file over the old one."""
        beside = self.write(f".{name}.new", text)
        beside.replace(self.path / name)
        return self.path / name


@pytest.fixture
def patcher():
    return Patcher()


@pytest.fixture
def news():
    return News()


@pytest.fixture
def folder(tmp_path):
    """Give a folder; modules of its files are gone after the test."""
    path = tmp_path.resolve() / "hosted"
    path.mkdir()
    before = set(sys.modules)
    yield Folder(path)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(path)):
            del sys.modules[name]
