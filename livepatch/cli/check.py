"""`livepatch check FILE`: what a running program would make of the file, said before it is saved.

The text that runs is taken from git (HEAD, or `--against REV`), or from another file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

from livepatch.diff.verdicts import worst
from livepatch.errors import SourceError, UsageError
from livepatch.model import Finding, Verdict
from livepatch.patching.checking import compare_texts
from livepatch.source.text import decode_source, read_source

USAGE = "usage: livepatch check [--json] [--against REV|FILE] FILE...\n"
STATUS = {Verdict.SAFE: 0, Verdict.LOSES: 1, Verdict.RESTART: 2}
REFUSED = 3
MISUSED = 64  # EX_USAGE of sysexits.h: 2 is a verdict here
SYMBOLS = {Verdict.SAFE: "safe", Verdict.LOSES: "loses", Verdict.RESTART: "restart"}


def main(words: Sequence[str]) -> int:
    """Print a line for each edit; the status is 0 safe, 1 loses, 2 restart, 3 not Python.

    It is 64 for words that make no sense.
    """
    try:
        files, against, as_json = _parse(words)
        found = [finding for file in files for finding in _check(file, against)]
    except UsageError as error:
        sys.stderr.write(f"{USAGE}livepatch: {error}\n")
        return MISUSED
    except SourceError as error:
        sys.stderr.write(f"livepatch check: {error}; a save would be held\n")
        return REFUSED
    if as_json:
        sys.stdout.write(json.dumps([_as_dict(finding) for finding in found], indent=1) + "\n")
    else:
        sys.stdout.write("".join(_line(finding) for finding in found))
        if not found:
            sys.stdout.write("nothing would change\n")
    return STATUS[worst(found)]


def _parse(words: Sequence[str]) -> tuple[list[str], str, bool]:
    files: list[str] = []
    against, as_json = "HEAD", False
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--json":
            as_json = True
        elif word == "--against":
            if not rest:
                message = "option --against needs a revision or a file"
                raise UsageError(message)
            against = rest.pop(0)
        elif word.startswith("-"):
            message = f"unknown option {word}"
            raise UsageError(message)
        else:
            files.append(word)
    if not files:
        message = "check: which file?"
        raise UsageError(message)
    return files, against, as_json


def _check(file: str, against: str) -> tuple[Finding, ...]:
    new = read_source(file).text
    return compare_texts(file, _text_that_runs(file, against), new)


def _text_that_runs(file: str, against: str) -> str:
    if os.path.isfile(against):  # noqa: PTH113
        return read_source(against).text
    folder, name = os.path.split(os.path.abspath(file))  # noqa: PTH100
    shown = subprocess.run(  # noqa: S603  git itself, with the words as one argument each
        ["git", "-C", folder, "show", f"{against}:./{name}"],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if shown.returncode:
        reason = shown.stderr.decode(errors="replace").strip().split("\n")[0]
        message = f"check: git has no {name} at {against} ({reason}); name one with --against"
        raise UsageError(message)
    return decode_source(file, shown.stdout).text


def _line(finding: Finding) -> str:
    place = f"{os.path.relpath(finding.file)}:{finding.line}"
    return f"{SYMBOLS[finding.verdict]:8} {place:24} {finding.qualname:24} {finding.message}\n"


def _as_dict(finding: Finding) -> dict[str, str | int]:
    return {
        "verdict": finding.verdict.value,
        "slug": finding.slug,
        "qualname": finding.qualname,
        "file": finding.file,
        "line": finding.line,
        "message": finding.message,
    }
