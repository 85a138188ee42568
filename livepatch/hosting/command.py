"""The sub-command `livepatch scripts`: the store of scripts, from a shell."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livepatch.errors import LivepatchError, UsageError
from livepatch.hosting.loading import error_text

if TYPE_CHECKING:
    from livepatch.hosting.store import ScriptStore, ScriptVersion

DEFAULT_STORE = "sqlite:///scripts.db"
ENVIRONMENT = "LIVEPATCH_SCRIPTS"
FAILED, MISUSED = 1, 2

_Verb = Callable[["ScriptStore", argparse.Namespace], int]


def main(arguments: Sequence[str]) -> int:
    """Do what the words after `scripts` say; give the exit status."""
    options = _parser().parse_args(list(arguments))
    verb: _Verb = options.verb
    try:
        from livepatch.hosting.store import ScriptStore  # noqa: PLC0415  optional

        url = options.store or os.environ.get(ENVIRONMENT) or DEFAULT_STORE
        store = ScriptStore(url)
        try:
            return verb(store, options)
        finally:
            store.close()
    except ImportError as error:
        sys.stderr.write(f"livepatch scripts: {error}\npip install 'livepatch[scripts]'\n")
        return FAILED
    except UsageError as error:
        sys.stderr.write(f"livepatch scripts: {error}\n")
        return MISUSED
    except LivepatchError as error:
        sys.stderr.write(f"livepatch scripts: {error}\n")
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="livepatch scripts",
        description="Keep scripts in a database, with all their versions, and run them.",
        epilog=f"The store is --store URL, else ${ENVIRONMENT}, else {DEFAULT_STORE}.",
        allow_abbrev=False,
    )
    parser.add_argument("--store", metavar="URL", help="where the scripts are")
    verbs = parser.add_subparsers(title="what to do", required=True, metavar="VERB")
    put = verbs.add_parser("put", help="make a file the newest version of a script")
    put.add_argument("name")
    put.add_argument("file", help="the file with the code; - for standard input")
    put.add_argument("--author", default="")
    put.add_argument("--note", default="")
    put.add_argument("--expect", type=int, metavar="N", help="refuse unless N is the newest")
    put.add_argument("--sign", metavar="KEY", help="sign with the private key in this PEM file")
    put.set_defaults(verb=_put)
    listing = verbs.add_parser("list", help="list the scripts")
    listing.set_defaults(verb=_list)
    run = verbs.add_parser("run", help="run a callback of a script; its output is printed")
    run.add_argument("name", help="the script, or script:Handler")
    run.add_argument("callback", nargs="?", default="execute")
    run.add_argument("arguments", nargs="*", help="passed on as strings")
    run.add_argument("--timeout", type=float, metavar="SECONDS")
    run.add_argument(
        "--trust", action="append", metavar="AUTHOR=KEY",
        help="run only what this author has signed; KEY is a PEM file; may be given again",
    )  # fmt: skip
    run.set_defaults(verb=_run)
    history = verbs.add_parser("history", help="list the versions of a script")
    history.add_argument("name")
    history.set_defaults(verb=_history)
    restore = verbs.add_parser("restore", help="make an old version the newest one")
    restore.add_argument("name")
    restore.add_argument("version", type=int)
    restore.add_argument("--author", default="")
    restore.set_defaults(verb=_restore)
    return parser


def _put(store: ScriptStore, options: argparse.Namespace) -> int:
    code = sys.stdin.read() if options.file == "-" else _read(options.file).decode("utf-8")
    try:
        compile(code, options.file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        reason = error_text(error, (options.file,))
        sys.stderr.write(f"livepatch scripts: {reason}\nnothing was stored\n")
        return FAILED
    signature = None
    if options.sign is not None:
        from livepatch.hosting.signing import sign  # noqa: PLC0415  optional

        signature = sign(_read(options.sign), options.name, code, options.author)
    version = store.put(
        options.name, code, options.author, options.note,
        expected=options.expect, signature=signature,
    )  # fmt: skip
    sys.stdout.write(f"{version.name} version {version.version}\n")
    return 0


def _list(store: ScriptStore, options: argparse.Namespace) -> int:
    del options
    for head in store.heads().values():
        if not head.deleted:
            sys.stdout.write(f"{head.name}  {_line(head)}\n")
    return 0


def _history(store: ScriptStore, options: argparse.Namespace) -> int:
    versions = store.versions(options.name)
    for version in versions:
        sys.stdout.write(_line(version) + "\n")
    if not versions:
        sys.stderr.write(f"livepatch scripts: the script {options.name} is not there\n")
    return 0 if versions else FAILED


def _restore(store: ScriptStore, options: argparse.Namespace) -> int:
    version = store.restore(options.name, options.version, options.author)
    sys.stdout.write(f"{version.name} version {version.version}: {version.note}\n")
    return 0


def _run(store: ScriptStore, options: argparse.Namespace) -> int:
    from livepatch.hosting.scripts import ScriptHost  # noqa: PLC0415  optional

    trusted = None
    if options.trust:
        pairs = [pair.partition("=") for pair in options.trust]
        trusted = {author: _read(file) for author, _, file in pairs}
    with ScriptHost(store, watch=False, trusted=trusted) as host:
        result = host.run(
            options.name, options.callback, *options.arguments, timeout=options.timeout
        )
    sys.stdout.write(result.stdout)
    for value in result.results:
        sys.stdout.write(f"{value!r}\n")
    for task in result.sub_tasks:
        arguments = ", ".join(map(repr, task.arguments))
        sys.stdout.write(f"sub-task: {task.script} {task.callback}({arguments})\n")
    sys.stderr.write(result.traceback)
    return 0 if result.ok else FAILED


def _line(version: ScriptVersion) -> str:
    when = version.created.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    what = "deleted" if version.deleted else version.hash[:12]
    rest = "  ".join(filter(None, (version.author, version.note)))
    return f"v{version.version}  {when}  {what}  {rest}".rstrip()


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        message = f"{file}: {error.strerror or error}"
        raise UsageError(message) from error
