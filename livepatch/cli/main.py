"""The command, wired: reads the words, starts the watch, runs the program, ends the watch."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import CodeType, ModuleType
from typing import Protocol

from livepatch.cli import args, crash, program, runner
from livepatch.cli.commands import carry_out
from livepatch.errors import UsageError

MISUSED = 2
_INSPECT = "PYTHONINSPECT"
_SESSION = "livepatch.ext.repl"
_PROMPT_OPTIONS = frozenset({"-i", "-q"})


class Supervisor(Protocol):
    """What the command needs of a watch that has been started."""

    def on_main(
        self, module: ModuleType, file: str, data: bytes | None, code: CodeType
    ) -> CodeType | None:
        """Take `__main__` into the care of the watch, before its first line runs.

        Gives the code to run in place of `code`, None for `code` itself.
        """

    def stop(self) -> None:
        """End the watch; the program and its threads have ended."""


StartWatch = Callable[[args.Options, Sequence[str]], Supervisor]
"""Begins to watch the paths, as the options say; the program has not been imported yet."""


def console() -> None:
    """Be the command of this process: `python -m livepatch` and the script `livepatch`."""
    status = main(sys.argv[1:])
    if status:
        sys.exit(status)


def main(words: Sequence[str], *, start: StartWatch | None = None) -> int:
    """Do what `words` say and give the exit status; what the program raises is raised on.

    `start` begins the watch; without it, `livepatch.api` does.
    """
    if set(words) <= _PROMPT_OPTIONS and _has_terminal():
        return _prompt()
    try:
        request = args.parse(words, exists=os.path.exists)
        if isinstance(request, args.Options):
            _check(request)
    except UsageError as error:
        sys.stderr.write(f"{args.USAGE}livepatch: {error}\n")
        return MISUSED
    if isinstance(request, args.Options):
        return _run(request, start or _start_watch)
    if isinstance(request, args.Invocation):
        return carry_out(request.command, request.arguments)
    sys.stdout.write(args.help_page() if request is args.Request.HELP else _version())
    return 0


def _run(options: args.Options, start: StartWatch) -> int:
    """Watch, run, and leave the end of the watch to the interpreter's exit.

    `atexit` runs what was registered first last, and after the program's threads have
    ended: the program is watched for as long as any of its code may run.
    """
    try:
        location = program.locate(options)
    except program.NoProgramError as error:
        return _refuse(error)
    if runner.hides_library(location.path0):
        _prepare()
    runner.enter(location, options.arguments)
    supervisor = start(options, options.watch or program.watch_roots(location))
    ending = _Ending(supervisor)
    atexit.register(ending.finish)
    runner.give_way(location.path0)
    try:
        loaded = runner.load(location)
        runner.run(loaded, on_main=supervisor.on_main, interactive=options.interactive)
    except program.NoProgramError as error:
        return _refuse(error)
    except KeyboardInterrupt as error:
        ending.interrupted = type(error) is KeyboardInterrupt and not options.interactive
        raise
    finally:
        if options.interactive:
            _ask_for_a_prompt()
    return 0


def _prompt() -> int:
    """Leave the interpreter to its own prompt, in a `__main__` of its own, live."""
    runner.enter_prompt()
    _ask_for_a_prompt(alone=True)
    return 0


def _has_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _refuse(error: program.NoProgramError) -> int:
    sys.stderr.write(f"livepatch: {error}\n")
    return error.status


def _check(options: args.Options) -> None:
    """Raise UsageError for what only a look at this machine can tell."""
    for path in options.watch:
        if not os.path.exists(path):  # noqa: PTH110  pathlib costs 4 ms at start
            message = f"option -w: there is no {path!r}"
            raise UsageError(message)
    if options.interactive and sys.flags.ignore_environment:
        message = "with -E or -I, give -i to the interpreter: python -i -m livepatch ..."
        raise UsageError(message)


class _Ending:
    """What is to be done at exit, in the process that began the watch and in no fork of it."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.interrupted = False
        self._supervisor = supervisor
        self._process = os.getpid()

    def finish(self) -> None:
        """Stop the watch; then an interrupt that ended the program ends the process, too."""
        if os.getpid() == self._process:
            self._supervisor.stop()
        if self.interrupted and not sys.flags.inspect:
            crash.restore_interrupt()


def _ask_for_a_prompt(*, alone: bool = False) -> None:
    """Make the interpreter go on with its own prompt, in `__main__`, when all this returns.

    It looks at the environment once more at the end; the variable goes before the prompt
    appears, so that programs started from there do not inherit it.
    """
    os.environ[_INSPECT] = "1"
    hook: Callable[[], None] | None = getattr(sys, "__interactivehook__", None)

    def forget() -> None:
        os.environ.pop(_INSPECT, None)
        if hook is not None:
            hook()
        if _has_terminal():
            import_module(_SESSION).prepare_prompt(
                alone=alone
            )  # by name: the layers stay apart

    sys.__interactivehook__ = forget


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  20 ms

    try:
        number = version("livepatch")
    except PackageNotFoundError:
        number = "(not installed)"
    python = ".".join(map(str, sys.version_info[:3]))  # noqa: TID251  a fact to print
    return f"livepatch {number} ({sys.implementation.name} {python})\n"


def _prepare() -> None:
    """Import what a patch needs while `import` still finds the standard library for it."""
    from livepatch import api  # noqa: PLC0415  start-up time

    api.prepare()


def _start_watch(options: args.Options, paths: Sequence[str]) -> Supervisor:
    """Start the real watch; imported here, so that `--help` does not pay for it."""
    from livepatch.cli.supervise import Supervision  # noqa: PLC0415

    return Supervision(options, paths)
