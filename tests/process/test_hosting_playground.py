"""The programs of playground/hosting keep their promise: edit a file, and they follow."""

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0


class Running:
    """A program with its output line by line."""

    def __init__(self, folder, command):
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, *command],
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

    def edit(self, name, old, new):
        """Put `new` for `old`, which occurs once, in the file `name`."""
        path = self.folder / name
        text = path.read_text("utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), "utf-8")

    def ends_with(self, farewell):
        """Press Ctrl-C, and see the program end by itself."""
        if sys.platform != "win32":
            self.process.send_signal(signal.SIGINT)
            self.wait_for(f"^{farewell}$")
            assert self.process.wait(PATIENCE) == 0

    def close(self):
        """End the program if it has not ended, and wait for its output to end."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()


@pytest.fixture
def start(tmp_path):
    folder = tmp_path / "hosting"
    skipped = shutil.ignore_patterns("__pycache__", "*.db", "*.log")
    shutil.copytree(ROOT / "playground" / "hosting", folder, ignore=skipped)
    programs = []

    def run(*command):
        programs.append(Running(folder, command))
        return programs[-1]

    yield run
    for program in programs:
        program.close()


def test_the_runner_calls_the_newest_runtime(start):
    running = start("-m", "livepatch", "runner.py")
    running.wait_for("^I am version one of runtime.py$")
    running.edit("runtime.py", "version one", "version two")
    running.wait_for("^I am version two of runtime.py$")
    running.ends_with("the runner stops")


def test_the_engine_follows_its_file_through_a_broken_save(start):
    running = start("hotswap.py")
    first = running.wait_for(r"^suck squeeze \[(\w+)\]$")[1]
    running.edit("engine.py", '"suck"', '"bang')
    running.wait_for("SyntaxError")
    running.wait_for(rf"^suck squeeze \[{first}\]$")
    running.edit("engine.py", '"bang', '"bang"')
    assert running.wait_for(r"^bang squeeze \[(\w+)\]$")[1] != first
    running.ends_with("the engine stops")
    log = (running.folder / "hotswap.log").read_text("utf-8")
    assert log.count("received notification of fingerprint change (") == 2


def test_the_zoo_follows_with_main_instances_and_new_files(start):
    running = start("watched.py")
    running.wait_for("^the cat says hello  the cow says hello$")
    running.edit("zoo/animals.py", "hello", "good day")
    running.wait_for("^the cat says good day  the cow says good day$")
    running.edit("watched.py", '"  ".join', '" and ".join')
    running.wait_for("^the cat says good day and the cow says good day$")
    (running.folder / "zoo" / "keeper.py").write_text(
        "import __main__\nfrom animals import Animal\n__main__.animals.append(Animal('keeper'))\n"
    )
    running.wait_for("the keeper says good day$")
    running.ends_with("the zoo is closed")


def test_the_desk_follows_its_plugins(start):
    running = start("desk.py")
    running.wait_for("^greeter: good morning, visitor 1$")
    running.edit("desk_plugins/greeter.py", "good morning", "good evening")
    running.edit("desk_plugins/counter.py", "questions answered", "answers given")
    running.wait_for(r"^greeter: good evening, visitor \d+$")
    assert int(running.wait_for(r"^counter: (\d+) answers given$")[1]) > 1
    running.edit(
        "desk_plugins/greeter.py", '_plugin_version = "1.0"', '_plugin_version = "1.1"'
    )
    running.wait_for(r"plugin greeter: version 1\.0 -> 1\.1")
    running.edit("desk_plugins/greeter.py", "_plugin_name", "plugin_name")
    running.wait_for(r"plugin greeter\.py refused: _plugin_name is missing")
    running.wait_for("^greeter: good evening")
    (running.folder / "desk_plugins" / "counter.py").unlink()
    running.wait_for("plugin counter 1.0 removed")
    running.ends_with("the desk is closed")


def test_the_operations_follow_the_database(start):
    pytest.importorskip("sqlalchemy")
    running = start("operations.py")
    running.wait_for(r"^v1  report number 1 at ")
    running.edit("report.py", "report number", "bulletin no")
    store = ("--store", "sqlite:///operations.db")
    put = start("-m", "livepatch", "scripts", *store, "put", "report", "report.py")
    put.wait_for("^report version 2$")
    assert int(running.wait_for(r"^v2  bulletin no (\d+) at ")[1]) > 1
    restore = start("-m", "livepatch", "scripts", *store, "restore", "report", "1")
    restore.wait_for("^report version 3: version 1 restored$")
    running.wait_for(r"^v3  report number \d+ at ")
    running.ends_with("the operations end")
