"""The command line is read as the help page says, and only so."""

from importlib import import_module
from pathlib import Path

import pytest

from livepatch.cli.args import (
    NORMAL,
    QUIET,
    VERBOSE,
    Invocation,
    Options,
    Request,
    TargetKind,
    help_page,
    parse,
)
from livepatch.cli.commands import COMMANDS, Command, carry_out
from livepatch.errors import UsageError

HELP = Path(__file__).with_name("help.txt")
STATUS = Command("status PID", "say what a process runs", "tests_command:status")
TABLE = {"status": STATUS}


def nothing(_path):
    return False


def read(*words):
    return parse(words, exists=nothing)


def test_the_help_page_reads_as_the_golden_file_says():
    assert help_page({}) == HELP.read_text("utf-8")


def test_no_line_of_the_help_page_is_longer_than_a_terminal():
    assert max(map(len, help_page().splitlines())) <= 92


def test_the_help_page_lists_the_sub_commands():
    assert "\nsub-commands:\n  status PID              say what a process runs\n" in help_page(
        TABLE
    )


def test_a_script_alone_gets_every_default():
    assert read("app.py") == Options(target="app.py", kind=TargetKind.PATH)


def test_every_option_is_understood():
    words = "-w a -w b --poll 0.5 --debounce 0.1 -v -i --log hot.log app.py"
    assert read(*words.split()) == Options(
        target="app.py",
        kind=TargetKind.PATH,
        watch=("a", "b"),
        poll=0.5,
        debounce=0.1,
        verbosity=VERBOSE,
        interactive=True,
        log="hot.log",
    )


@pytest.mark.parametrize(
    "words",
    [["-w", "a"], ["-wa"], ["--watch", "a"], ["--watch=a"], ["-w", "a", "--"]],
    ids=" ".join,
)
def test_a_value_may_be_joined_to_its_option(words):
    assert read(*words, "app.py") == Options("app.py", TargetKind.PATH, watch=("a",))


def test_letters_may_be_joined():
    options = read("-qiw", "a", "-m", "pkg.mod")
    assert (options.verbosity, options.interactive, options.watch) == (QUIET, True, ("a",))


def test_what_comes_after_the_script_belongs_to_the_program():
    options = read("-v", "app.py", "-q", "--poll", "x", "--", "-m", "mod")
    assert options.arguments == ("-q", "--poll", "x", "--", "-m", "mod")
    assert (options.verbosity, options.poll) == (VERBOSE, None)


@pytest.mark.parametrize("words", [["-m", "a.b"], ["-ma.b"]], ids=" ".join)
def test_a_module_ends_the_options(words):
    expected = Options("a.b", TargetKind.MODULE, arguments=("-v", "x"))
    assert read(*words, "-v", "x") == expected


def test_two_dashes_let_a_script_begin_with_a_dash():
    assert read("--", "-odd.py", "x") == Options("-odd.py", TargetKind.PATH, arguments=("x",))


def test_an_empty_argument_is_passed_on():
    assert read("app.py", "", "-").arguments == ("", "-")


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        (["-h"], Request.HELP),
        (["--help"], Request.HELP),
        (["-vh"], Request.HELP),
        (["--version"], Request.VERSION),
        (["-v", "--version", "--nonsense"], Request.VERSION),
    ],
)
def test_help_and_version_need_no_program(words, request_):
    assert read(*words) is request_


def test_the_help_of_the_program_is_its_own():
    assert read("app.py", "--help", "-h", "--version").arguments == (
        "--help",
        "-h",
        "--version",
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to run"),
        (["-v"], "nothing to run"),
        (["--"], "nothing to run"),
        (["--frequency", "3", "app.py"], "unknown option --frequency"),
        (["-x", "app.py"], "unknown option -x;"),
        (["-vx", "app.py"], "unknown option -x (in -vx)"),
        (["--verb", "app.py"], "unknown option --verb;"),
        (["--version=3"], "option --version takes no value"),
        (["--quiet=", "app.py"], "option --quiet takes no value"),
        (["-w"], "option -w needs a value: -w PATH"),
        (["--log"], "option --log needs a value: --log FILE"),
        (["-m"], "option -m needs a value: -m MODULE"),
        (["-m", ""], "the name of the program is empty"),
        ([""], "the name of the program is empty"),
        (["--poll", "soon", "app.py"], "option --poll needs a number of seconds, not 'soon'"),
        (["--poll", "nan", "app.py"], "option --poll needs a number of seconds, not 'nan'"),
        (["--poll=inf", "app.py"], "option --poll needs a number of seconds, not 'inf'"),
        (["--poll", "0", "app.py"], "option --poll needs more than 0 seconds"),
        (
            ["--debounce", "-1", "app.py"],
            "option --debounce needs a number of seconds, not '-1'",
        ),
        (["-v", "-q", "app.py"], "options -v and -q exclude each other"),
        (["-"], "a program on stdin has no file to watch"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_makes_no_sense_is_refused_with_the_reason(words, message):
    with pytest.raises(UsageError) as refused:
        read(*words)
    assert str(refused.value).startswith(message)


def test_no_quiet_time_at_all_is_allowed():
    assert read("--debounce", "0", "app.py").debounce == 0
    assert read("app.py").verbosity == NORMAL


def test_a_known_word_is_a_sub_command():
    found = parse(["status", "-v", "12"], exists=nothing, commands=TABLE)
    assert found == Invocation(STATUS, ("-v", "12"))


def test_a_file_goes_before_a_sub_command_of_its_name():
    found = parse(["status"], exists=lambda path: path == "status", commands=TABLE)
    assert found == Options("status", TargetKind.PATH)


def test_an_option_of_a_run_before_a_sub_command_is_refused():
    with pytest.raises(UsageError, match="option -v does not go with the sub-command 'status'"):
        parse(["-v", "status", "12"], exists=nothing, commands=TABLE)


def test_a_sub_command_is_imported_when_it_is_carried_out_and_gives_the_exit_status():
    command = Command("", "", f"{len.__module__}:len")
    assert carry_out(command, ["a", "b"]) == 2


def test_every_registered_sub_command_exists():
    for command in COMMANDS.values():
        module, _, function = command.function.partition(":")
        assert callable(getattr(import_module(module), function))


def test_the_terms_of_patches_become_keywords_of_the_watch():
    words = ["--gate", "make check", "--guard=60", "--ttl", "600", "--canary", "0.05", "app.py"]
    options = parse(words, exists=lambda _: True)
    expected = {"gate": "make check", "guard": 60.0, "ttl": 600.0, "canary": 0.05}
    assert dict(options.terms) == expected
    assert parse(["app.py"], exists=lambda _: True).terms == ()


@pytest.mark.parametrize("words", [["--guard", "0"], ["--ttl", "soon"], ["--canary", "1"]])
def test_terms_that_make_no_sense_are_errors(words):
    with pytest.raises(UsageError, match=words[0]):
        parse([*words, "app.py"], exists=lambda _: True)
