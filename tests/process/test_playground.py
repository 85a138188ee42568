"""The playground keeps its promise: change a marked line, and the running program follows."""

import contextlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0
MARK = re.compile(r"^(?P<code>.*?)  # change this line", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """One program, an edit that its comments suggest, and what is seen before and after."""

    command: tuple[str, ...]
    file: str
    old: str
    new: str
    before: str
    after: str
    farewell: str

    def __str__(self):
        return self.file


EXAMPLES = [
    Example(("tick.py",), "tick.py", '"tick" if', '"ding" if', r"1  tick", r"ding", "the clock stops"),
    Example(
        ("herd.py",),
        "herd.py",
        "return self.wool > 2",
        "return self.wool > 0",
        r"day +\d+  wool +0\.0",
        r"day +([3-9]|\d\d+)  wool +[1-9]",
        "the herd goes home",
    ),
    Example(("wave.py",), "wave.py", '"*" if', '"W" if', r"\*$", r"W$", "the sea is calm"),
    Example(
        ("train.py",),
        "train.py",
        "return 0.0005",
        "return 0.02",
        r"epoch +1 ",
        r"loss   0\.0",
        "training stopped",
    ),
    Example(
        ("-m", "shop"),
        "shop/tax.py",
        "RATE = 20",
        "RATE = 1000",
        r"#1 +tea +4\.20",
        r"in all +\d{3,}",
        "the shop is closed",
    ),
]  # fmt: skip


class Running:
    """A program of the playground under livepatch, with its output line by line."""

    def __init__(self, folder, command):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "livepatch", *command],
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

    def interrupt(self):
        """Press Ctrl-C; give the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def close(self):
        """End the program if it has not ended, and wait for its output to end."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()


@pytest.fixture
def start(tmp_path):
    folder = tmp_path / "playground"
    shutil.copytree(ROOT / "playground", folder, ignore=shutil.ignore_patterns("__pycache__"))
    with contextlib.ExitStack() as stack:

        def run(*command):
            running = Running(folder, command)
            stack.callback(running.close)
            return folder, running

        yield run


def edit(path, old, new):
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_marked_line_can_be_changed_while_the_program_runs(example, start):
    folder, running = start(*example.command)
    running.wait_for(example.before)
    edit(folder / example.file, example.old, example.new)
    running.wait_for(r"^livepatch  patch 1 ")
    running.wait_for(example.after)
    if sys.platform != "win32":
        assert running.interrupt() == 0
        running.wait_for(f"^{example.farewell}$")


def test_the_server_counts_on_through_an_edit_of_its_page(start):
    folder, running = start("server.py", "0")
    address = running.wait_for(r"open (http://127\.0\.0\.1:\d+/)")[1]

    def page():
        with urllib.request.urlopen(address, timeout=PATIENCE) as response:
            return response.read().decode()

    assert "<h1>Hello</h1><p>1 visits" in page()
    edit(folder / "server.py", "<h1>Hello</h1>", "<h1>Welcome</h1>")
    running.wait_for(r"^livepatch  patch 1 ")
    assert "<h1>Welcome</h1><p>2 visits" in page()
    if sys.platform != "win32":
        assert running.interrupt() == 0
        running.wait_for("^the server is closed$")


def test_a_second_file_can_hold_up_the_shop_and_release_it(start):
    folder, running = start("-m", "shop")
    running.wait_for(r"^#1 ")
    cart, tax = folder / "shop" / "cart.py", folder / "shop" / "tax.py"
    text = cart.read_text("utf-8").replace(
        "import RATE, discount", "import RATE, discount, tip"
    )
    cart.write_text(text.replace("RATE / 100)", "RATE / 100) + tip()"), "utf-8")
    running.wait_for(r"^livepatch  held .*cart\.py")
    running.wait_for(r"^#\d+ .* \d+\.\d\d")
    with tax.open("a", encoding="utf-8") as stream:
        stream.write("\n\ndef tip():\n    return 1000\n")
    running.wait_for(r"^livepatch  patch 1 .* 2 files ")
    running.wait_for(r"^#\d+ .* 1\d\d\d\.\d\d")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "playground").glob("*.py")), ids=lambda p: p.name
)
def test_every_program_marks_a_line_to_change(path):
    assert MARK.search(path.read_text("utf-8"))
