"""Starts livepatch in a process that knows nothing of it (PEP 768, Python 3.14 and newer).

The other process is handed a script and runs it in its main thread at its next safe point. It
tells of the outcome through a file, since the call itself says nothing.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import livepatch.control as package
from livepatch.control import places, wire
from livepatch.errors import ControlError

LOOK = 0.02  # seconds between two looks for the outcome

SCRIPT = """\
# Written by `livepatch attach`; run once, in the main thread, by sys.remote_exec.
def attach():
    import json, os, sys, traceback
    outcome, parent = {outcome!r}, {parent!r}
    sys.path.append(parent)
    try:
        from livepatch.ext.arrival import begin
        found = begin({paths!r})
    except BaseException:
        found = {{"ok": False, "error": traceback.format_exc()}}
    finally:
        sys.path.remove(parent)
    try:
        os.unlink({script!r})
        with open(outcome + ".part", "w", encoding="utf-8") as stream:
            json.dump(found, stream)
        os.replace(outcome + ".part", outcome)
    except OSError:
        pass
attach()
del attach
"""

INSTEAD = (
    "what works without it: start the program with `python -m livepatch`, or let it call "
    "`livepatch.watch(control=True)`"
)

Send = Callable[[int, str], None]


def attach(
    pid: int, paths: Sequence[str] = (), *, timeout: float = 10.0, send: Send | None = None
) -> dict[str, Any]:
    """Have livepatch watch `paths` in process `pid`; give what it says of itself.

    Without `paths` it is the folder of its program. Raises `ControlError`, with what to do,
    where that cannot be, and when `timeout` seconds passed without an answer. `send` stands
    in for `sys.remote_exec`.
    """
    _check(pid)
    send = send or _remote_exec()
    folder = places.own_folder()
    stem = os.path.join(folder, f"attach-{pid}-{secrets.token_hex(4)}")  # noqa: PTH118
    script, outcome = f"{stem}.py", f"{stem}.json"
    parent = str(Path(package.__file__).parents[2])
    chosen = [str(Path(path).resolve()) for path in paths]
    text = SCRIPT.format(outcome=outcome, parent=parent, paths=chosen, script=script)
    Path(script).write_text(text, "utf-8")
    try:
        _send(send, pid, script)
    except ControlError:
        places.remove(script)
        raise
    found = _await_outcome(pid, outcome, timeout)
    if not found.get("ok"):
        message = f"livepatch could not start in process {pid}:\n{found.get('error')}"
        raise ControlError(message)
    return found


def _check(pid: int) -> None:
    if pid == os.getpid():
        message = "this is the very process that would attach; call livepatch.watch() instead"
        raise ControlError(message)
    if not places.is_alive(pid):
        message = f"there is no process {pid}"
        raise ControlError(message)
    if places.address_of(pid) is not None:
        message = f"livepatch runs in process {pid} already; see `livepatch status {pid}`"
        raise ControlError(message)


def _remote_exec() -> Send:
    send: Send | None = getattr(sys, "remote_exec", None)
    if send is None:
        version = sys.version.partition(" ")[0]
        message = (
            "attaching needs Python 3.14 or newer on both sides (sys.remote_exec), and this is "
            f"{version}; {INSTEAD}"
        )
        raise ControlError(message)
    return send


def _send(send: Send, pid: int, script: str) -> None:
    try:
        send(pid, script)
    except PermissionError as error:
        message = (
            f"not allowed to write to process {pid} ({error}): it belongs to another user, or the "
            "system lets only parents and root do that (Linux: kernel.yama.ptrace_scope; macOS: "
            f"root). Try as root; {INSTEAD}"
        )
        raise ControlError(message) from error
    except ProcessLookupError as error:
        message = f"there is no process {pid}"
        raise ControlError(message) from error
    except (RuntimeError, OSError) as error:
        raise ControlError(_refusal(pid, str(error))) from error


def _refusal(pid: int, reason: str) -> str:
    lowered = reason.lower()
    if "not enabled" in lowered:
        return (
            f"process {pid} was started with -X disable-remote-debug or "
            f"PYTHON_DISABLE_REMOTE_DEBUG: {INSTEAD}"
        )
    if "can't send commands" in lowered:
        return f"{reason}: run this command with the Python version of process {pid}"
    return (
        f"process {pid} takes no script ({reason}); it may be no Python process, or older than "
        f"3.14: {INSTEAD}"
    )


def _await_outcome(pid: int, outcome: str, timeout: float) -> dict[str, Any]:
    end = time.monotonic() + timeout
    while True:
        try:
            data = Path(outcome).read_bytes()
        except OSError:
            if time.monotonic() > end:
                raise ControlError(_silence(pid, timeout)) from None
            time.sleep(LOOK)
            continue
        places.remove(outcome)
        return wire.decode(data)


def _silence(pid: int, timeout: float) -> str:
    if not places.is_alive(pid):
        return f"process {pid} ended before it attached"
    return (
        f"process {pid} did not answer within {timeout:g} seconds: its main thread sleeps, waits, or "
        "is busy in C code. It attaches as soon as it runs Python code again; look with "
        f"`livepatch status {pid}`"
    )
