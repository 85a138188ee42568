"""What reaches the terminal and the log, and that nothing reaches the program."""

import io
import json
import sys

import pytest

from livepatch.model import Change, ChangeKind, Note, Patch, Refusal
from livepatch.watching.reporter import Reporter

CHANGE = Change(ChangeKind.UPDATED, "Cart.total", "/work/shop/cart.py", 12, detail="body")
DONE = Patch(3, changes=(CHANGE,), files=("/work/shop/cart.py",), seconds=0.0018)
HELD = Patch(0, errors=(Refusal("source", "/work/shop/tax.py", 9, "SyntaxError: no"),))
NOTHING = Patch(0)
NOTED = Patch(0, notes=(Note("stale", "TABLE", "/work/shop/tax.py", 1, "is stale"),))


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def stream():
    return io.StringIO()


def test_a_patch_is_reported_with_its_place_under_the_root(stream):
    Reporter(stream, root="/work").report(DONE)
    assert "shop/cart.py:12" in stream.getvalue()
    assert "/work" not in stream.getvalue()
    assert stream.getvalue().endswith("\n")


def test_a_patch_that_changed_nothing_is_not_reported(stream, tmp_path):
    log = tmp_path / "log"
    Reporter(stream, log=str(log)).report(NOTHING)
    assert stream.getvalue() == ""
    assert not log.exists()


def test_a_note_without_a_change_is_reported(stream):
    Reporter(stream).report(NOTED)
    assert "TABLE" in stream.getvalue()


def test_when_quiet_only_refusals_and_messages_are_written(stream):
    reporter = Reporter(stream, verbose=-1)
    reporter.report(DONE)
    assert stream.getvalue() == ""
    reporter.report(HELD)
    reporter.message("hello")
    assert "SyntaxError" in stream.getvalue()
    assert "hello" in stream.getvalue()


def test_a_held_patch_names_the_one_that_the_program_goes_on_with(stream):
    reporter = Reporter(stream)
    reporter.report(DONE)
    reporter.report(HELD)
    assert "patch 3" in stream.getvalue().splitlines()[-1]


def test_the_log_has_one_line_for_each_event(stream, tmp_path):
    log = tmp_path / "hotswap.log"
    reporter = Reporter(stream, log=str(log), verbose=-1)
    reporter.report(DONE)
    reporter.report(HELD)
    reporter.message("two\nlines")
    lines = log.read_text("utf-8").splitlines()
    assert len(lines) == 3
    assert "Cart.total" in lines[0]
    assert "held" in lines[1]


def test_a_log_named_jsonl_holds_json(stream, tmp_path):
    log = tmp_path / "events.jsonl"
    reporter = Reporter(stream, log=str(log))
    reporter.report(DONE)
    reporter.message("hello")
    patch, message = map(json.loads, log.read_text("utf-8").splitlines())
    assert (patch["number"], patch["changes"][0]["qualname"]) == (3, "Cart.total")
    assert (message["event"], message["text"]) == ("message", "hello")
    assert patch["time"] <= message["time"]


def test_a_log_is_appended_to_and_its_rotation_survived(stream, tmp_path):
    log = tmp_path / "log"
    log.write_text("old\n")
    reporter = Reporter(stream, log=str(log))
    reporter.report(DONE)
    assert log.read_text("utf-8").startswith("old\n")
    log.replace(tmp_path / "log.1")
    reporter.report(DONE)
    assert len(log.read_text("utf-8").splitlines()) == 1


def test_a_log_stays_where_it_was_when_the_program_changes_folder(
    stream, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    reporter = Reporter(stream, log="log")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    reporter.report(DONE)
    assert (tmp_path / "log").exists()


def test_a_log_that_cannot_be_written_is_told_once(stream, tmp_path):
    reporter = Reporter(stream, log=str(tmp_path / "missing" / "log"), verbose=-1)
    reporter.report(DONE)
    reporter.report(DONE)
    assert stream.getvalue().count("cannot be written") == 1


def test_a_closed_stream_is_no_error(tmp_path):
    stream = io.StringIO()
    stream.close()
    Reporter(stream, log=str(tmp_path / "log")).report(DONE)
    assert (tmp_path / "log").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
def test_a_full_disk_is_no_error():
    class Full(io.StringIO):
        def flush(self):
            raise OSError(28, "No space left on device")

    reporter = Reporter(Full(), log="/dev/full")
    reporter.report(DONE)
    reporter.message("hello")


def test_without_a_stream_there_is_still_a_log(tmp_path):
    Reporter(None, log=str(tmp_path / "log")).report(DONE)
    assert (tmp_path / "log").exists()


def test_a_stream_that_knows_no_symbols_gets_ascii():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Reporter(stream).report(DONE)
    assert b"Cart.total" in raw.getvalue()


def test_colours_are_for_terminals_unless_they_are_unwanted(monkeypatch):
    terminal, file = Terminal(), io.StringIO()
    Reporter(terminal).report(DONE)
    Reporter(file).report(DONE)
    assert "\x1b[" in terminal.getvalue()
    assert "\x1b[" not in file.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    unwanted = Terminal()
    Reporter(unwanted).report(DONE)
    assert "\x1b[" not in unwanted.getvalue()


def test_what_nobody_reads_is_not_rendered(monkeypatch, tmp_path):
    def render(*_, **__):
        raise AssertionError

    monkeypatch.setattr("livepatch.report.render", render)
    log = tmp_path / "patches.log"
    Reporter(None, log=str(log)).report(DONE)
    assert "Cart.total" in log.read_text()
