"""The command line, read: words in, one frozen value out, and nothing is touched.

Not argparse: the options must end at the script (everything after it is the program's), an
abbreviation must be an error, `--help` must read the same under every interpreter, and a run
of a program should not pay for the import of a parser (2 to 10 ms).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from livepatch.cli.commands import COMMANDS, Command
from livepatch.errors import UsageError

DEFAULT_DEBOUNCE = 0.05
LOOP_INTERFACES = ("rich", "basic")
QUIET, NORMAL, VERBOSE = -1, 0, 1

USAGE = """\
usage: livepatch [options] app.py [ARGS...]
       livepatch [options] -m pkg.mod [ARGS...]
"""

INTRODUCTION = """
Run a Python program and keep its code as on disk: save a file, and live functions, methods
and classes get the new code in place. Nothing restarts, no state is lost. The program sees
what it would see under `python app.py`; reports go to stderr.
"""

EXPLANATION = """
app.py is a script, or a folder or zip file with a __main__.py. Options come before it; what
comes after it belongs to the program.
"""

EXAMPLES = """
examples:
  livepatch app.py --port 8000       run app.py; --port is its own option
  livepatch -w lib -w plugins app.py watch these two folders instead
  livepatch -m shop.server           run a module, as python -m does
  python -O -m livepatch app.py      interpreter options go to the interpreter
"""

_COLUMN = 24


class Request(Enum):
    """Something to print in place of a run."""

    HELP = "help"
    VERSION = "version"


class TargetKind(Enum):
    """How the program is named."""

    PATH = "path"
    MODULE = "module"


class Options(NamedTuple):
    """What to run and how to watch it.

    `target` is a path or, after `-m`, a module name; `arguments` are the words after it.
    `terms` are keywords of `livepatch.watch` on which patches are made, with their values.
    `control` lets `livepatch status PID` and its like reach the program. `watch` is empty where the default, the program's own folder, is meant; `poll` is None
    for native file events. `verbosity` is QUIET, NORMAL or VERBOSE.
    """

    target: str
    kind: TargetKind
    arguments: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    poll: float | None = None
    debounce: float = DEFAULT_DEBOUNCE
    verbosity: int = NORMAL
    interactive: bool = False
    log: str | None = None
    control: bool = True
    terms: tuple[tuple[str, float | str], ...] = ()
    loop: tuple[str, ...] = ()
    xloop: tuple[str, ...] = ()
    loop_interface: str = "rich"


class Invocation(NamedTuple):
    """A sub-command and the words after it."""

    command: Command
    arguments: tuple[str, ...]


class _Option(NamedTuple):
    flags: tuple[str, ...]
    metavar: str
    summary: str


_OPTIONS = (
    _Option(("-m",), "MODULE", "run a module, as python -m does; ends the options"),
    _Option(("-w", "--watch"), "PATH", "watch this file or folder; may be given again\n"
            "(default: the folder of the script or package)"),
    _Option(("--poll",), "SECONDS", "look at the files every SECONDS, without file events"),
    _Option(("--debounce",), "SECONDS", "wait at most this long for a save to be complete\n"
            f"(default: {DEFAULT_DEBOUNCE})"),
    _Option(("-v", "--verbose"), "", "report the diff of each change, and files not watched"),
    _Option(("-q", "--quiet"), "", "report only what could not be applied"),
    _Option(("-i",), "", "give a prompt inside the program when it has ended"),
    _Option(("--log",), "FILE", "append one line per event; one JSON value each for *.jsonl"),
    _Option(("--no-control",), "", "let no other process see and steer this one"),
    _Option(("--gate",), "CMD", "apply a patch only if this command says so (exit status 0)"),
    _Option(("--guard",), "SECONDS", "undo a patch when an exception passes out of its code\n"
            "within SECONDS"),
    _Option(("--ttl",), "SECONDS", "undo each patch after SECONDS"),
    _Option(("--canary",), "SHARE", "try a patch on this share of the sessions first (0.05)"),
    _Option(("--loop",), "FUNC", "run this function again, with the same arguments, after each\n"
            "patch; FUNC, Class.method or module:FUNC (jurigged's develoop)"),
    _Option(("--xloop",), "FUNC", "the same, only once it has raised an exception"),
    _Option(("--loop-interface",), "NAME", "rich or basic (default: rich)"),
    _Option(("--version",), "", "print the version and exit"),
    _Option(("-h", "--help"), "", "print this page and exit"),
)  # fmt: skip

_BY_FLAG = {flag: option for option in _OPTIONS for flag in option.flags}


def parse(
    words: Sequence[str],
    *,
    exists: Callable[[str], bool],
    commands: Mapping[str, Command] = COMMANDS,
) -> Options | Invocation | Request:
    """Read the words after `livepatch`; raise UsageError where they make no sense.

    A word of `commands` is a sub-command unless `exists` says that it is a file.
    """
    rest = list(words)
    found: list[tuple[str, str]] = []
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        found += _long(word, rest) if word.startswith("--") else _short(word, rest)
        last = found[-1][0]
        if last in {"-h", "--help"}:
            return Request.HELP
        if last == "--version":
            return Request.VERSION
        if last == "-m":
            return _options(found, found[-1][1], TargetKind.MODULE, rest)
    if not rest:
        message = "nothing to run: name a script, or a module with -m"
        raise UsageError(message)
    target = rest.pop(0)
    if target in commands and not exists(target):
        if found:
            message = f"option {found[0][0]} does not go with the sub-command {target!r}"
            raise UsageError(message)
        return Invocation(commands[target], tuple(rest))
    if target == "-":
        message = "a program on stdin has no file to watch; save it and name the file"
        raise UsageError(message)
    return _options(found, target, TargetKind.PATH, rest)


def help_page(commands: Mapping[str, Command] = COMMANDS) -> str:
    """Give the text of `--help`."""
    lines = [_row(_signature(option), option.summary) for option in _OPTIONS]
    page = USAGE + INTRODUCTION + EXPLANATION + "\noptions:\n" + "".join(lines)
    if commands:
        rows = (_row(command.usage, command.summary) for command in commands.values())
        page += "\nsub-commands:\n" + "".join(rows)
    return page + EXAMPLES


def _long(word: str, rest: list[str]) -> list[tuple[str, str]]:
    """Read `--name`, `--name VALUE` or `--name=VALUE`."""
    flag, equals, value = word.partition("=")
    option = _BY_FLAG.get(flag)
    if option is None:
        raise _unknown(flag)
    if not option.metavar:
        if equals:
            message = f"option {flag} takes no value"
            raise UsageError(message)
        return [(flag, "")]
    return [(flag, value if equals else _next_value(flag, option, rest))]


def _short(word: str, rest: list[str]) -> list[tuple[str, str]]:
    """Read a cluster of one-letter options, `-vi`, `-wPATH` or `-vw PATH`."""
    found: list[tuple[str, str]] = []
    for index, letter in enumerate(word[1:], start=2):
        flag = f"-{letter}"
        option = _BY_FLAG.get(flag)
        if option is None:
            raise _unknown(flag if len(word) == len(flag) else f"{flag} (in {word})")
        if option.metavar:
            value = word[index:] or _next_value(flag, option, rest)
            found.append((flag, value))
            break
        found.append((flag, ""))
        if flag == "-h":
            break
    return found


def _next_value(flag: str, option: _Option, rest: list[str]) -> str:
    if not rest:
        message = f"option {flag} needs a value: {flag} {option.metavar}"
        raise UsageError(message)
    return rest.pop(0)


def _unknown(flag: str) -> UsageError:
    return UsageError(f"unknown option {flag}; the program's own options go after its name")


def _options(
    found: Sequence[tuple[str, str]], target: str, kind: TargetKind, rest: Sequence[str]
) -> Options:
    """Fold the options of a run into one value."""
    values = {_BY_FLAG[flag].flags[-1]: value for flag, value in found}
    if "--verbose" in values and "--quiet" in values:
        message = "options -v and -q exclude each other"
        raise UsageError(message)
    if not target:
        message = "the name of the program is empty"
        raise UsageError(message)
    poll = _seconds("--poll", values["--poll"]) if "--poll" in values else None
    if poll == 0:
        message = "option --poll needs more than 0 seconds"
        raise UsageError(message)
    quiet_time = values.get("--debounce")
    return Options(
        target=target,
        kind=kind,
        arguments=tuple(rest),
        watch=tuple(value for flag, value in found if flag in {"-w", "--watch"}),
        poll=poll,
        debounce=DEFAULT_DEBOUNCE if quiet_time is None else _seconds("--debounce", quiet_time),
        verbosity=("--verbose" in values) - ("--quiet" in values),
        interactive="-i" in values,
        log=values.get("--log"),
        control="--no-control" not in values,
        terms=_terms(values),
        loop=tuple(value for flag, value in found if flag == "--loop"),
        xloop=tuple(value for flag, value in found if flag == "--xloop"),
        loop_interface=_interface(values.get("--loop-interface", "rich")),
    )


def _terms(values: Mapping[str, str]) -> tuple[tuple[str, float | str], ...]:
    """Give what is asked of a patch as keywords of `livepatch.watch`, with their values."""
    terms: list[tuple[str, float | str]] = []
    if "--gate" in values:
        terms.append(("gate", values["--gate"]))
    for flag in ("--guard", "--ttl", "--canary"):
        if flag not in values:
            continue
        number = _seconds(flag, values[flag])
        if number == 0 or (flag == "--canary" and number >= 1):
            limit = "a share between 0 and 1" if flag == "--canary" else "more than 0 seconds"
            message = f"option {flag} needs {limit}, not {values[flag]!r}"
            raise UsageError(message)
        terms.append((flag[2:], number))
    return tuple(terms)


def _interface(word: str) -> str:
    if word not in LOOP_INTERFACES:
        message = f"option --loop-interface is rich or basic, not {word!r}"
        raise UsageError(message)
    return word


def _seconds(flag: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        message = f"option {flag} needs a number of seconds, not {text!r}"
        raise UsageError(message)
    return seconds


def _signature(option: _Option) -> str:
    flags = ", ".join(option.flags)
    return f"{flags} {option.metavar}".rstrip()


def _row(left: str, right: str) -> str:
    first, *more = right.split("\n")
    lines = [
        f"  {left:<{_COLUMN}}{first}"
        if len(left) < _COLUMN
        else f"  {left}\n{' ' * (_COLUMN + 2)}{first}"
    ]
    lines += [" " * (_COLUMN + 2) + line for line in more]
    return "\n".join(lines) + "\n"
