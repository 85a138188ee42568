"""The sub-commands for a running process: ask it, print the answer, give the exit status.

Status 0 is success, 1 a refusal or a difference found, 2 a command line that makes no sense.
"""

# ruff: noqa: T201
# (answers go to standard output: that is what the command is for)
from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from livepatch import report
from livepatch.control import attach as attaching
from livepatch.control import client, places, wire
from livepatch.errors import ControlError, LivepatchError
from livepatch.model import Patch

Words = Sequence[str]
FAILED = 1


def ps(words: Words) -> int:
    """List the processes of this user that can be controlled."""
    parser = _parser("ps", "list the processes that can be controlled", pid=False)
    options = parser.parse_args(words)
    places.sweep()
    found = []
    for pid in places.known_processes():
        try:
            with client.Client(pid, timeout=2.0) as process:
                found.append(process.call("status"))
        except ControlError as error:
            found.append({"pid": pid, "error": str(error)})
    if options.json:
        _print_json(found)
        return 0
    if not found:
        print("no process of this user can be controlled")
        return 0
    print(f"{'PID':>8}  {'PATCHES':>7}  {'RUNS FOR':>9}  COMMAND")
    for status in found:
        if "error" in status:
            print(f"{status['pid']:>8}  {'?':>7}  {'?':>9}  ({status['error']})")
        else:
            age = _age(status["since"])
            command = " ".join(status["command"][1:]) or status["command"][0]
            print(f"{status['pid']:>8}  {status['patches']:>7}  {age:>9}  {command}")
    return 0


def status(words: Words) -> int:
    """Print what a process says of itself."""
    options = _parser("status", "what runs, what is watched, what is held").parse_args(words)
    return _with(options, lambda process: _print_status(process.call("status"), options))


def history(words: Words) -> int:
    """Print the patches of a process, one line each."""
    parser = _parser("history", "the patches, oldest first, one line each")
    parser.add_argument("-n", type=_count, default=0, help="only the newest N")

    def show(process: client.Client) -> int:
        patches = process.call("history", n=parser_options.n)
        if parser_options.json:
            _print_json(patches)
        for fields in [] if parser_options.json else patches:
            print(report.log_line(wire.patch_of(fields), root=os.getcwd()))  # noqa: PTH109
        return 0

    parser_options = parser.parse_args(words)
    return _with(parser_options, show)


def diff(words: Words) -> int:
    """Print what a patch changed in the files."""
    parser = _parser("diff", "the unified diff of the newest patch, or of patch N")
    parser.add_argument("n", nargs="?", type=_count)
    options = parser.parse_args(words)

    def show(process: client.Client) -> int:
        text = process.call("diff", n=options.n)
        if options.json:
            _print_json(text)
        elif text:
            sys.stdout.write(text)
        else:
            print("no text was changed, or the patch is too old to be undone")
        return 0

    return _with(options, show)


def undo(words: Words) -> int:
    """Put back the state before the newest patch, or the newest N."""
    return _turn("undo", "put back the state before the newest patch, or the newest N", words)


def redo(words: Words) -> int:
    """Do again what the newest undo took back."""
    return _turn("redo", "do again the newest undone patch, or the newest N", words)


def _turn(verb: str, summary: str, words: Words) -> int:
    parser = _parser(verb, summary)
    parser.add_argument("n", nargs="?", type=_count, default=1)
    options = parser.parse_args(words)
    return _with(options, lambda process: _show(process.call(verb, n=options.n), options))


def apply(words: Words) -> int:
    """Have a process apply what is on disk now."""
    parser = _parser("apply", "apply what is on disk now (everything tracked, or PATH...)")
    parser.add_argument("path", nargs="*")
    options = parser.parse_args(words)
    paths = [str(Path(path).resolve()) for path in options.path]
    return _with(options, lambda process: _show(process.call("apply", paths=paths), options))


def drift(words: Words) -> int:
    """Print what differs between the running code and the files; 1 where something does."""
    parser = _parser("drift", "what differs between the running code and the files")
    parser.add_argument("path", nargs="*")
    options = parser.parse_args(words)
    paths = [str(Path(path).resolve()) for path in options.path]

    def show(process: client.Client) -> int:
        fields = process.call("drift", paths=paths)
        found = wire.patch_of(fields)
        differs = bool(found.changes or found.errors or found.notes)
        if options.json:
            _print_json(fields)
        elif differs:
            print("\n".join(_drift_lines(found)))
        else:
            print("the running code is as on disk")
        return FAILED if differs else 0

    return _with(options, show)


def _drift_lines(found: Patch) -> list[str]:
    root = os.getcwd()  # noqa: PTH109
    count = len(found.changes)
    lines = [
        f"{count} difference{'' if count == 1 else 's'} between the running code and the files"
    ]
    as_patch = replace(found, number=1, errors=())
    lines += report.render(as_patch, root=root, color=False, verbose=1).splitlines()[1:]
    return lines + [f"  ! {error}" for error in found.errors]


def watch(words: Words) -> int:
    """Print the patches of a process as they happen, until it or this command ends."""
    options = _parser("watch", "print each patch as it happens").parse_args(words)

    def follow(process: client.Client) -> int:
        stream = process.watch()
        first = next(stream, None)
        if first is not None:
            _print_status(first, options)
        try:
            for fields in stream:
                _show(fields, options)
        except KeyboardInterrupt:
            return 0
        return 0

    return _with(options, follow, timeout=None)


def attach(words: Words) -> int:
    """Start livepatch in a process that knows nothing of it."""
    parser = _parser("attach", "start livepatch in a running process (Python 3.14 or newer)")
    parser.add_argument("-w", "--watch", action="append", default=[], metavar="PATH")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS")
    options = parser.parse_args(words)
    try:
        found = attaching.attach(options.pid, options.watch, timeout=options.timeout)
        with client.wait_for(options.pid, seconds=options.timeout) as process:
            differing = wire.patch_of(process.call("drift"))
    except LivepatchError as error:
        return _failed(error)
    if options.json:
        _print_json(found)
        return 0
    roots = ", ".join(found["roots"])
    print(
        f"attached to process {options.pid}: {found['files']} files under {roots} are watched"
    )
    if differing.changes or differing.errors:
        count = len(differing.changes) + len(differing.errors)
        them = "it is" if count == 1 else "they are"
        print(
            f"{count} difference{'' if count == 1 else 's'} between its code and the files: "
            f"`livepatch drift {options.pid}` lists, `livepatch apply {options.pid}` applies what "
            f"{them}"
        )
    return 0


def _parser(verb: str, summary: str, *, pid: bool = True) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"livepatch {verb}", description=summary, allow_abbrev=False
    )
    if pid:
        parser.add_argument("pid", type=_count, metavar="PID")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        message = f"{text} is not a positive number"
        raise argparse.ArgumentTypeError(message)
    return number


def _with(
    options: argparse.Namespace,
    use: Callable[[client.Client], int],
    *,
    timeout: float | None = 30.0,
) -> int:
    try:
        with client.Client(options.pid, timeout=timeout) as process:
            return use(process)
    except LivepatchError as error:
        return _failed(error)


def _failed(error: LivepatchError) -> int:
    sys.stderr.write(f"livepatch: {error}\n")
    return FAILED


def _show(fields: dict[str, Any], options: argparse.Namespace) -> int:
    patch = wire.patch_of(fields)
    if options.json:
        _print_json(fields)
    else:
        ascii_only = report.needs_ascii(sys.stdout.encoding)
        root = os.getcwd()  # noqa: PTH109
        print(report.render(patch, root=root, color=False, ascii=ascii_only), flush=True)
    return 0 if patch.ok else FAILED


def _print_status(found: dict[str, Any], options: argparse.Namespace) -> int:
    if options.json:
        _print_json(found)
        return 0
    print(f"process {found['pid']}, Python {found['python']}, {found['threads']} threads")
    print(f"  command   {' '.join(found['command'])}")
    print(f"  folder    {found['folder']}")
    print(
        f"  watching  {', '.join(found['roots'])}: {found['files']} files, for {_age(found['since'])}"
    )
    print(f"  patches   {found['patches']}")
    if found["newest"] is not None:
        newest = wire.patch_of(found["newest"])
        print(f"  newest    {report.log_line(newest, root=found['folder'])}")
    for file in found["held"]:
        print(f"  held      {file}")
    for file in found["unknown"]:
        print(f"  unknown   {file}: may not be what runs; see `livepatch drift {found['pid']}`")
    sys.stdout.flush()
    return 0


def _print_json(value: object) -> None:
    import json  # noqa: PLC0415  only who asks for it

    print(json.dumps(value), flush=True)


def _age(since: float) -> str:
    seconds = max(0, int(time.time() - since))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
