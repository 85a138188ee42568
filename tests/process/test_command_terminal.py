"""The command in a terminal and under signals: Ctrl-C, SIGTERM, a prompt, `-i`."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIVEPATCH = ["-m", "livepatch"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and terminals of POSIX")


def environment():
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return {**clean, "PYTHONPATH": str(ROOT), "TERM": "dumb", "PYTHON_BASIC_REPL": "1"}


def signalled(folder, command, number):
    """Run app.py, send it `number` once it says that it is ready; give the outcome."""
    run = subprocess.Popen(
        [sys.executable, *command, "app.py"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout.readline() == "ready\n"
    run.send_signal(number)
    out, err = run.communicate(timeout=60)
    return out, err, run.returncode


READY = """    import sys, threading, time

    def when_waiting():
        found = []
        while len(found) < 10 or found[-10:] != found[-1:] * 10:
            time.sleep(0.01)
            frame = sys._current_frames()[threading.main_thread().ident]
            found.append((frame.f_code.co_name, frame.f_lasti))
        print("ready", flush=True)

    threading.Thread(target=when_waiting, daemon=True).start()
"""
"""The module `ready`: imported, it says so once the main thread stands still."""

SIGNALLED = {
    "a wait that is interrupted": (
        """
        import ready, time
        def wait(): time.sleep(60)
        wait()
        """,
        {signal.SIGINT: -signal.SIGINT, signal.SIGTERM: -signal.SIGTERM},
    ),
    "an interrupt that is caught": (
        """
        import ready, time
        try: time.sleep(60)
        except KeyboardInterrupt: print("caught")
        """,
        {signal.SIGINT: 0},
    ),
    "an interrupt that passes through finally and atexit": (
        """
        import atexit, ready, time
        atexit.register(print, "atexit")
        try: time.sleep(60)
        finally: print("finally")
        """,
        {signal.SIGINT: -signal.SIGINT},
    ),
    "a handler that exits": (
        """
        import ready, signal, sys, time
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))
        while True: time.sleep(60)
        """,
        {signal.SIGTERM: 7},
    ),
    "asyncio": (
        """
        import asyncio
        async def main():
            import ready
            try: await asyncio.sleep(60)
            except asyncio.CancelledError: print("cancelled"); raise
        asyncio.run(main())
        """,
        {signal.SIGINT: -signal.SIGINT},
    ),
    "a thread that is awaited": (
        """
        import atexit, threading
        atexit.register(print, "atexit")
        hold = threading.Event()
        threading.Thread(target=hold.wait, args=(60,), daemon=False).start()
        import ready
        """,
        {signal.SIGTERM: -signal.SIGTERM},
    ),
}


@pytest.mark.parametrize(
    ("name", "number"),
    [(name, number) for name, (_, statuses) in SIGNALLED.items() for number in statuses],
)
def test_a_signal_does_what_it_does_under_python(tmp_path, name, number):
    source, statuses = SIGNALLED[name]
    (tmp_path / "app.py").write_text(textwrap.dedent(source).lstrip("\n"))
    (tmp_path / "ready.py").write_text(textwrap.dedent(READY))
    plain = signalled(tmp_path, [], number)
    assert plain[2] == statuses[number]
    assert signalled(tmp_path, LIVEPATCH, number) == plain


def in_terminal(folder, command, script, dialogue):
    """Run `script` in a terminal, answer each prompt of `dialogue`; give all that was shown."""
    pexpect = pytest.importorskip("pexpect")
    child = pexpect.spawn(
        sys.executable,
        [*command, script],
        cwd=folder,
        env=environment(),
        encoding="utf-8",
        timeout=60,
    )
    shown = ""
    for prompt, answer in dialogue:
        child.expect_exact(prompt)
        shown += child.before + prompt
        child.send(answer)
    child.expect(pexpect.EOF)
    shown += child.before
    child.close()
    return shown, child.exitstatus, child.signalstatus


def test_a_terminal_is_the_programs(tmp_path):
    (tmp_path / "app.py").write_text(
        "import os, sys\nprint(sys.stdin.isatty(), sys.stdout.isatty(), os.getpgrp() == os.getpid())\n"
        "print('hello', input('name? '))\nprint(len(input('again? ')))\n"
    )
    dialogue = [("name? ", "Ada\n"), ("again? ", "\x04")]
    plain = in_terminal(tmp_path, [], "app.py", dialogue)
    assert "hello Ada" in plain[0]
    assert "EOFError" in plain[0]
    assert in_terminal(tmp_path, LIVEPATCH, "app.py", dialogue) == plain


def interrupted_at_prompt(folder, command):
    """Answer a prompt with Ctrl-C, again and again: the first may come just before the read."""
    pexpect = pytest.importorskip("pexpect")
    child = pexpect.spawn(
        sys.executable, [*command, "app.py"], cwd=folder, env=environment(), encoding="utf-8"
    )
    child.expect_exact("name? ", timeout=60)
    for _ in range(60):
        child.sendintr()
        if child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=1) == 0:
            break
    shown = child.before
    child.close()
    return shown.replace("^C", ""), child.exitstatus, child.signalstatus


def test_control_c_at_a_prompt_is_the_programs(tmp_path):
    (tmp_path / "app.py").write_text("def ask():\n    return input('name? ')\nask()\n")
    plain = interrupted_at_prompt(tmp_path, [])
    assert plain[2] == signal.SIGINT
    assert interrupted_at_prompt(tmp_path, LIVEPATCH) == plain


ENDS = {
    "the end": "print('ran')",
    "sys.exit": "import sys\nprint('ran')\ndef f(): sys.exit(3)\nf()",
    "an exception": "print('ran')\ndef f(): 1 / 0\nf()",
    "a syntax error": "print('ran'",
}


@pytest.mark.parametrize("end", ENDS)
def test_minus_i_gives_the_prompt_that_python_gives(tmp_path, end):
    (tmp_path / "app.py").write_text(ENDS[end] + "\nlast = 41\n")
    dialogue = [
        (">>> ", "import os, sys; sorted(n for n in globals() if n[0] != '_'), __name__\n"),
        (">>> ", "getattr(sys, 'last_value', None), os.environ.get('PYTHONINSPECT')\n"),
        (
            ">>> ",
            "import traceback; traceback.extract_tb(getattr(sys, 'last_traceback', None))\n",
        ),
        (">>> ", "raise SystemExit(4)\n"),
    ]
    plain = in_terminal(tmp_path, ["-i"], "app.py", dialogue)
    assert "'__main__')" in plain[0]
    assert plain[1] == 4
    assert in_terminal(tmp_path, [*LIVEPATCH, "-i"], "app.py", dialogue) == plain


def test_the_interpreters_own_minus_i_works_too(tmp_path):
    (tmp_path / "app.py").write_text("def f(): raise SystemExit(3)\nf()\n")
    dialogue = [(">>> ", "f.__module__\n"), (">>> ", "\x04")]
    plain = in_terminal(tmp_path, ["-i"], "app.py", dialogue)
    assert "SystemExit: 3" in plain[0]
    assert in_terminal(tmp_path, ["-i", *LIVEPATCH], "app.py", dialogue) == plain
