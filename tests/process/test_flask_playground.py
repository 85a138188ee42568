"""The site of playground/flask_plugins keeps its promise: it serves while its plugins change."""

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("flask")
pytest.importorskip("waitress")

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0


class Site:
    """The site in a process of its own, with its output line by line."""

    def __init__(self, folder):
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "app.py", "0"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.seen = []
        self._lines = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = self.wait_for(r"^serving (http://\S+)$")[1]

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def wait_for(self, pattern):
        """Give the match of the first further line that fits `pattern`."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                pytest.fail(f"{pattern!r} never came in:\n" + "\n".join(self.seen))
            self.seen.append(line)
            if found := re.search(pattern, line):
                return found

    def get(self, path, data=None):
        """Give the text of an answer, its status where that is an error."""
        body = urllib.parse.urlencode(data).encode() if data else None
        try:
            with urllib.request.urlopen(self.url + path, body, timeout=PATIENCE) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def edit(self, name, old, new):
        """Put `new` for `old`, which occurs once, in a file of a plugin."""
        path = self.folder / "plugins" / name
        text = path.read_text("utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), "utf-8")

    def close(self):
        """End the site if it has not ended, and wait for its output to end."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "flask_plugins"
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "playground" / "flask_plugins", folder, ignore=skipped)
    running = Site(folder)
    yield running
    running.close()


def test_the_site_follows_its_files_and_keeps_its_state(site):
    assert "Ann" in site.get("/plugins/guestbook/write", {"name": "Ann", "text": "I was here"})
    site.edit("guestbook/__init__.py", '"/count")', '"/number")')
    site.wait_for(r"^guestbook: <Patch #1 ok")
    assert site.get("/plugins/guestbook/number") == "1 entries"
    assert site.get("/plugins/guestbook/count") == 404
    site.edit("guestbook/templates/book.html", "{{ text }}", "Once {{ text }}")
    site.wait_for(r"^guestbook: <Patch #2 ok")
    assert "Once I was here" in site.get("/plugins/guestbook/")
    site.edit("guestbook/static/book.css", "teal; margin", "navy; margin")
    assert "navy" in site.get("/plugins/guestbook/static/book.css")


def test_the_site_serves_on_while_a_plugin_is_broken(site):
    site.edit("dice/__init__.py", "return random.randint(1, 6)", "return random.randint(")
    site.wait_for(r"refused: .*dice")
    assert "1 throws" in site.get("/plugins/dice/")
    site.edit("dice/__init__.py", "return random.randint(", "return 6")
    site.wait_for(r"^dice: <Patch #1 ok")
    assert "<h1>6</h1><p>2 throws" in site.get("/plugins/dice/")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process")
def test_the_site_ends_with_ctrl_c(site):
    site.process.send_signal(signal.SIGINT)
    site.wait_for("^the site is closed$")
    assert site.process.wait(PATIENCE) == 0
