"""A running process, seen and steered from another one, as a person does it."""

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from livepatch.control import attach, places, wire
from livepatch.errors import ControlError
from livepatch.model import Change, ChangeKind, Note, Patch, PatchKind, Refusal

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 60
posix = pytest.mark.skipif(os.name == "nt", reason="Unix sockets")
remote = pytest.mark.skipif(
    not getattr(sys, "is_remote_debug_enabled", bool)(), reason="sys.remote_exec is 3.14 and on"
)

APP = """\
import sys, lib
print("ready", flush=True)
for line in sys.stdin:
    print(lib.value(), flush=True)
"""
SPINNING = """\
import sys, time, lib
print("ready", flush=True)
while True:
    lib.value()
    time.sleep(0.01)
"""


@pytest.fixture
def home(monkeypatch):
    """Give a private place for sockets: their paths may not be longer than 100 characters."""
    folder = tempfile.mkdtemp(prefix="lp")
    monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
    elsewhere = Path(folder, "tmp")  # what else runs on this machine is not seen from here
    elsewhere.mkdir()
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    yield Path(folder)
    shutil.rmtree(folder)


class Running:
    """A program in a process of its own, and the command beside it."""

    def __init__(self, folder, *words, app=APP):
        self.folder = folder
        (folder / "app.py").write_text(app)
        (folder / "lib.py").write_text("def value():\n    return 1\n")
        self.environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        self.process = subprocess.Popen(
            [sys.executable, *words, "app.py"],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    @property
    def pid(self):
        return self.process.pid

    def ask(self):
        """Give what the program's own function says now."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def edit(self, text):
        (self.folder / "lib.py").write_text(text)

    def command(self, verb, *words):
        """Run `livepatch VERB PID words...`."""
        pid = [] if verb == "ps" else [str(self.pid)]
        return run(self.environment, self.folder, verb, *pid, *words)

    def result(self, verb, *words):
        done = self.command(verb, *words, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def await_patches(self, count):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if len(self.result("history")) >= count:
                return
            time.sleep(0.05)
        pytest.fail(f"there never were {count} patches")

    def end(self):
        self.process.kill()
        self.process.communicate()


def run(environment, folder, *words):
    return subprocess.run(
        [sys.executable, "-m", "livepatch", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )


@pytest.fixture
def start(tmp_path, home):  # noqa: ARG001  programs find their sockets there
    """Give what starts a program; it is ended after the test."""
    with contextlib.ExitStack() as stack:

        def begin(*words, app=APP):
            running = Running(tmp_path, *words, app=app)
            stack.callback(running.end)
            return running

        yield begin


@pytest.fixture
def controlled(start):
    """Give a program under the command, reachable."""
    running = start("-m", "livepatch", "-q")
    end = time.monotonic() + LIMIT
    while running.command("status").returncode and time.monotonic() < end:
        time.sleep(0.05)
    return running


def test_ps_lists_the_program_and_its_command(controlled):
    done = controlled.command("ps")
    assert f"{controlled.pid}" in done.stdout
    assert "app.py" in done.stdout


def test_status_says_what_is_watched(controlled):
    found = controlled.result("status")
    assert found["pid"] == controlled.pid
    assert found["roots"] == [str(controlled.folder.resolve())]
    assert (found["files"], found["patches"], found["held"]) == (2, 0, [])
    assert "app.py" in controlled.command("status").stdout


def test_a_save_is_in_the_history_and_its_diff_can_be_read(controlled):
    controlled.edit("def value():\n    return 2\n")
    controlled.await_patches(1)
    assert controlled.ask() == "2"
    assert "lib.py:1 value (body)" in controlled.command("history").stdout
    diff = controlled.command("diff").stdout
    assert "-    return 1\n+    return 2\n" in diff
    assert controlled.command("diff", "1").stdout == diff


def test_undo_and_redo_reach_the_running_program(controlled):
    controlled.edit("def value():\n    return 2\n")
    controlled.await_patches(1)
    assert "(undo)" in controlled.command("undo").stdout
    assert controlled.ask() == "1"
    assert "(redo)" in controlled.command("redo").stdout
    assert controlled.ask() == "2"


def test_drift_names_what_differs_and_apply_applies_it(controlled):
    controlled.edit("def value():\n    return 2\n")
    controlled.await_patches(1)
    controlled.command("undo")
    done = controlled.command("drift")
    assert (done.returncode, "lib.py:1   value" in done.stdout) == (1, True)
    assert controlled.command("apply", "lib.py").returncode == 0
    assert controlled.ask() == "2"
    done = controlled.command("drift")
    assert (done.returncode, done.stdout) == (0, "the running code is as on disk\n")


def test_a_broken_file_is_held_and_status_and_apply_say_so(controlled):
    controlled.edit("def value(:\n")
    done = controlled.command("apply")
    assert (done.returncode, "SyntaxError" in done.stdout) == (1, True)
    assert controlled.result("status")["held"] == [
        str((controlled.folder / "lib.py").resolve())
    ]
    assert controlled.ask() == "1"


def test_watch_prints_each_patch_as_it_happens(controlled):
    watching = subprocess.Popen(
        [sys.executable, "-m", "livepatch", "watch", str(controlled.pid)],
        cwd=controlled.folder,
        env=controlled.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        while not watching.stdout.readline().startswith("  patches"):
            pass
        controlled.edit("def value():\n    return 2\n")
        lines = [watching.stdout.readline(), watching.stdout.readline()]
        assert lines[0].startswith("livepatch  patch 1")
        assert "value" in lines[1]
        controlled.end()
        assert watching.wait(LIMIT) == 0
    finally:
        watching.kill()
        watching.communicate()


def test_a_path_that_nothing_was_imported_from_is_refused(controlled):
    done = controlled.command("apply", "nothing.py")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no module of this process comes from there" in done.stderr


@posix
def test_only_the_user_may_enter(controlled, home):
    socket = home / "livepatch" / f"{controlled.pid}.sock"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700


@posix
def test_a_folder_that_others_may_enter_is_not_used(home, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(home))
    for folder in places.folders():
        Path(folder).mkdir()
        Path(folder).chmod(0o755)
    with pytest.raises(ControlError, match="0700"):
        places.own_folder()


@posix
def test_the_socket_goes_with_the_process_and_what_a_killed_one_left_is_swept(controlled, home):
    controlled.process.send_signal(signal.SIGKILL)
    controlled.process.wait()
    assert "no process" in controlled.command("status").stderr
    assert "no process" in controlled.command("ps").stdout
    assert list((home / "livepatch").iterdir()) == []


def test_no_control_leaves_no_way_in(start):
    running = start("-m", "livepatch", "-q", "--no-control")
    done = running.command("status")
    assert done.returncode == 1
    assert "--no-control" in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork")
def test_a_forked_child_has_a_way_in_of_its_own(start):
    running = start(
        "-m", "livepatch", "-q",
        app='import os, sys, time\nimport lib\npid = os.fork()\nif pid == 0:\n    time.sleep(600)\n'
        'print("ready", flush=True)\nprint(pid, flush=True)\ntime.sleep(600)\n',
    )  # fmt: skip
    child = int(running.process.stdout.readline())
    try:
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            done = run(running.environment, running.folder, "status", str(child), "--json")
            if not done.returncode:
                break
        assert json.loads(done.stdout)["pid"] == child
        assert running.result("status")["pid"] == running.pid
    finally:
        os.kill(child, signal.SIGKILL)


@pytest.mark.usefixtures("home")
def test_a_command_line_that_makes_no_sense_is_an_error(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    for words in (["status"], ["status", "x"], ["undo", "1", "0"], ["ps", "--odd"]):
        assert run(environment, tmp_path, *words).returncode == 2


# attach


@pytest.mark.usefixtures("home")
def test_attaching_needs_an_interpreter_that_can(monkeypatch):
    monkeypatch.delattr(sys, "remote_exec", raising=False)
    with pytest.raises(ControlError, match=r"3\.14 or newer.*watch\(control=True\)"):
        attach.attach(os.getppid())


@pytest.mark.usefixtures("home")
def test_attaching_to_oneself_or_to_nobody_is_an_error():
    with pytest.raises(ControlError, match="very process"):
        attach.attach(os.getpid(), send=print)
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with pytest.raises(ControlError, match="no process"):
        attach.attach(process.pid, send=print)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError("/proc/1/maps"), "ptrace_scope"),
        (
            RuntimeError("Remote debugging is not enabled in the remote process"),
            "disable-remote",
        ),
        (
            RuntimeError("Can't send commands from a Python 3.14 process to a Python 3.15"),
            "version",
        ),
        (RuntimeError("Failed to find the PyRuntime section"), "no Python process"),
        (ProcessLookupError(), "there is no process"),
    ],
)
def test_each_way_to_fail_has_its_word_and_leaves_no_file(home, error, words):
    def send(*_):
        raise error

    with pytest.raises(ControlError, match=words):
        attach.attach(os.getppid(), send=send)
    assert list((home / "livepatch").iterdir()) == []


@pytest.mark.usefixtures("home")
def test_a_process_that_does_not_answer_is_given_up_in_time():
    with pytest.raises(ControlError, match="sleeps, waits"):
        attach.attach(os.getppid(), timeout=0.05, send=lambda *_: None)


OBEDIENT = """\
import sys, lib
print("ready", flush=True)
for line in sys.stdin:
    if line.strip():
        exec(open(line.strip()).read(), {})
    print(lib.value(), flush=True)
"""


def test_what_attaches_watches_the_programs_folder_and_applies_only_on_request(start):
    running = start(app=OBEDIENT)
    running.edit("def value():\n    return 2\n")

    def send(_pid, script):
        running.process.stdin.write(f"{script}\n")
        running.process.stdin.flush()

    found = attach.attach(running.pid, timeout=LIMIT, send=send)
    assert running.process.stdout.readline() == "1\n"
    assert found["roots"] == [str(running.folder.resolve())]
    assert running.command("drift").returncode == 1
    assert running.ask() == "1"
    assert running.command("apply").returncode == 0
    assert running.ask() == "2"
    with pytest.raises(ControlError, match="already"):
        attach.attach(running.pid, send=send)


@remote
def test_attach_starts_livepatch_in_a_program_that_knows_nothing_of_it(start):
    running = start(app=SPINNING)
    done = running.command("attach", "--timeout", str(LIMIT))
    assert done.returncode == 0, done.stderr
    assert f"attached to process {running.pid}" in done.stdout
    running.edit("def value():\n    return 2\n")
    running.await_patches(1)
    assert "value" in running.command("history").stdout


@remote
def test_attach_says_when_the_other_process_does_not_allow_it(start):
    running = start("-X", "disable-remote-debug", app=SPINNING)
    done = running.command("attach")
    assert (done.returncode, done.stdout) == (1, "")
    assert "disable-remote-debug" in done.stderr


# the wire


def test_a_patch_comes_out_of_the_wire_as_it_went_in():
    patch = Patch(
        3,
        PatchKind.UNDO,
        (Change(ChangeKind.ADDED, "f", "/a.py", 4, "a", "function"),),
        (Refusal("source", "/a.py", 1, "no", waiting=("/b.py",)),),
        (Note("stale-value", "X", "/a.py", 2, "kept"),),
        ("/a.py",),
        0.25,
    )
    assert wire.patch_of(wire.decode(wire.encode(wire.fields_of(patch)))) == patch


def test_nonsense_on_the_wire_is_an_error():
    for line in (b"[]", b"{", b"\xff"):
        with pytest.raises(ValueError, match=r"."):
            wire.decode(line)


@posix
def test_a_client_that_talks_nonsense_gets_an_error_and_hurts_nobody(controlled):
    import socket

    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(LIMIT)
        client.connect(places.address_of(controlled.pid))
        client.sendall(b'nonsense\n{"verb": "odd"}\n')
        stream = client.makefile("rb")
        assert b"not a request" in stream.readline()
        assert b"unknown verb" in stream.readline()
    assert controlled.result("status")["pid"] == controlled.pid


@posix
def test_many_clients_at_once_are_all_answered(controlled):
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(controlled.result("status")["pid"]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert results == [controlled.pid] * 4
