"""What a patch has to pass before it is committed: a callable, a command, a trial in a child.

A gate looks at a prepared patch. Where it says no, or fails, the batch is held like one with an
error in it, and what it was told stands in the refusal.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from livepatch.errors import UsageError
from livepatch.model import FilePlan, Patch, Refusal
from livepatch.patching.patcher import Patcher
from livepatch.patching.transaction import Transaction

PATIENCE = 30.0
"""Seconds that a command or a probe may take; what takes longer is ended, and says no."""

Judge = Callable[[Transaction, Patch], tuple[bool, str, str]]
"""Gives whether the patch may pass, in a few words why not, and the traceback there is."""


def install(
    patcher: Patcher, gate: Callable[[Patch], object] | str, probe: Callable[[], object] | None
) -> Callable[[], None]:
    """Have `gate` judge the patches of `patcher`; gives what ends that."""
    judge = judge_of(gate, probe)

    def look(transaction: Transaction, plans: Sequence[FilePlan]) -> Refusal | None:
        patch = transaction.preview(0)
        if not transaction.changes:
            return None  # only lines moved
        passed, reason, text = judge(transaction, patch)
        if passed:
            return None
        change = patch.changes[0]
        file = change.file or plans[0].file
        return Refusal("gate", file, change.line, f"the gate refused: {reason}", traceback=text)

    patcher.gates.append(look)

    def remove() -> None:
        if look in patcher.gates:
            patcher.gates.remove(look)

    return remove


def judge_of(
    gate: Callable[[Patch], object] | str, probe: Callable[[], object] | None
) -> Judge:
    """Give the judge for what a user can pass as `gate`."""
    if callable(gate):
        return _asking(gate)
    if gate != "fork":
        return _running(gate)
    if not hasattr(os, "fork"):
        message = "gate='fork' needs os.fork, which this system does not have"
        raise UsageError(message)
    if probe is None:
        message = "gate='fork' needs probe=, what is to be tried in the child"
        raise UsageError(message)
    return _trying(probe)


def _asking(gate: Callable[[Patch], object]) -> Judge:
    def judge(transaction: Transaction, patch: Patch) -> tuple[bool, str, str]:
        del transaction
        try:
            return bool(gate(patch)), f"{_name_of(gate)} said no", ""
        except Exception as error:  # noqa: BLE001  the gate is the user's
            return False, f"{type(error).__name__}: {error}", traceback.format_exc()

    return judge


def _name_of(gate: Any) -> str:
    return getattr(gate, "__qualname__", None) or type(gate).__qualname__


def _running(command: str) -> Judge:
    def judge(transaction: Transaction, patch: Patch) -> tuple[bool, str, str]:
        del transaction
        environment = {**os.environ, "LIVEPATCH_FILES": os.pathsep.join(patch.files)}
        try:
            # What it prints belongs to the report, not to the program's output.
            done = subprocess.run(  # noqa: S602  a shell command is what was asked for
                command, shell=True, env=environment, stdin=subprocess.DEVNULL, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, text=True,
                errors="replace",
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False, f"{command!r} took more than {PATIENCE:.0f} s", ""
        return not done.returncode, f"{command!r} gave {done.returncode}", done.stdout

    return judge


def _trying(probe: Callable[[], object]) -> Judge:
    def judge(transaction: Transaction, patch: Patch) -> tuple[bool, str, str]:
        del patch
        read, write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            # A fork with threads: the child runs the probe and nothing else, and ends at once.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            _try_in_child(transaction, probe, write)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            code = _wait_for(child)
            text = pipe.read().decode("utf-8", "replace") if code is not None else ""
        if code is None:
            return False, f"the probe took more than {PATIENCE:.0f} s", ""
        return code == 0, f"the probe failed in the child (exit status {code})", text

    return judge


def _try_in_child(transaction: Transaction, probe: Callable[[], object], write: int) -> None:
    """Apply the patch here, run the probe, and end with what it says; never returns."""
    code = 1
    try:
        transaction.flush(final=True)
        result = probe()
        code = 0 if result is None or result is True else result if type(result) is int else 1
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001  it goes to the parent, in words
        os.write(write, traceback.format_exc().encode()[:60_000])
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code & 0xFF)


def _wait_for(child: int) -> int | None:
    """Give the exit status of `child`, None where it had to be ended."""
    limit = time.monotonic() + PATIENCE
    pause = 0.001
    while time.monotonic() < limit:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return None
