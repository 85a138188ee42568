"""A fork in the middle: parent and child both go on, and Python does not warn."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")

PROGRAM = """
import os, queue, sys, threading, time
from livepatch.watching.watcher import Watcher

file, warnings, batches = sys.argv[1], [], queue.Queue()

def apply(files):
    with open(file) as stream:
        batches.put(stream.read())

def expect(text):
    while batches.get(timeout=20) != text:
        pass

def save(text):
    with open(file + ".tmp", "w") as stream:
        stream.write(text)
    os.replace(file + ".tmp", file)

watcher = Watcher(apply=apply, tracked=bool, warn=warnings.append, **OPTIONS)
watcher.add_file(file, since=time.time() + 100)
watcher.start()
save("before the fork")
expect("before the fork")
to_child, to_parent = os.pipe(), os.pipe()
pid = os.fork()
if pid == 0:
    save("by the child")
    expect("by the child")
    os.write(to_parent[1], b"1")
    os.read(to_child[0], 1)
    expect("by the parent")
    watcher.stop()
    os._exit(bool(warnings) or threading.active_count() > 1)
os.read(to_parent[0], 1)
expect("by the child")
save("by the parent")
expect("by the parent")
os.write(to_child[1], b"1")
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
watcher.stop()
sys.exit(status or bool(warnings) or threading.active_count() > 1)
"""


def run(program, *words, options="{}"):
    flags = ["-W", "ignore::DeprecationWarning"]
    code = program.replace("**OPTIONS", f"**{options}")
    return subprocess.run(
        [sys.executable, *flags, "-c", code, *words],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("options", ["{}", "{'poll': 0.02}"], ids=["events", "poll"])
def test_parent_and_child_each_see_every_save(tmp_path, options):
    file = tmp_path / "app.py"
    file.write_text("at first")
    done = run(PROGRAM, str(file), options=options)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_save_between_fork_and_the_childs_first_look_is_seen(tmp_path):
    file = tmp_path / "app.py"
    file.write_text("at first")
    head, _, _ = PROGRAM.partition("to_child, to_parent")
    program = head + (
        "watcher.halt()\n"
        "save('while halted')\n"
        "watcher.resume(in_child=True)\n"
        "expect('while halted')\n"
        "watcher.stop()\n"
    )
    done = run(program, str(file))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(
    sys.version_info[:2] == (3, 13), reason="3.13 counts threads after the parent's hooks"
)
def test_a_fork_under_a_watcher_gives_no_warning(tmp_path):
    file = tmp_path / "app.py"
    file.write_text("at first")
    program = (
        "import os, sys, warnings\n"
        "from livepatch.watching.watcher import Watcher\n"
        "watcher = Watcher(apply=print, tracked=bool, warn=print)\n"
        "watcher.add_file(sys.argv[1], since=4e9)\n"
        "watcher.start()\n"
        "warnings.simplefilter('error')\n"
        "for _ in range(20):\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        os._exit(0)\n"
        "    assert os.waitpid(pid, 0)[1] == 0\n"
        "watcher.stop()\n"
    )
    done = run(program, str(file))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_program_that_ends_ends_the_thread_first(tmp_path):
    program = (
        "import atexit, sys, threading\n"
        "from livepatch.watching.watcher import Watcher\n"
        "names = lambda: [thread.name for thread in threading.enumerate()]\n"
        "atexit.register(lambda: print(names()))\n"
        "watcher = Watcher(apply=print, tracked=bool, warn=print)\n"
        "watcher.start()\n"
        "print(names())\n"
    )
    done = run(program, str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["['MainThread', 'livepatch-watcher']", "['MainThread']"]


def test_a_stopped_watcher_stays_stopped_in_a_child(tmp_path):
    program = (
        "import os, sys, threading\n"
        "from livepatch.watching.watcher import Watcher\n"
        "watcher = Watcher(apply=print, tracked=bool, warn=print)\n"
        "watcher.start()\n"
        "watcher.stop()\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    os._exit(threading.active_count() - 1)\n"
        "sys.exit(os.waitpid(pid, 0)[1])\n"
    )
    done = run(program, str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
