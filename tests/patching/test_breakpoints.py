"""Breakpoints of pdb and bdb stay on their statements when a patch moves lines."""

import bdb
import sys
from pathlib import Path

import pytest

import livepatch
from livepatch import interp
from livepatch.patching.breakpoints import line_map

TEXT = """
def first():
    return 1


def second():
    x = 2
    return x
"""


class Debugger(bdb.Bdb):
    """Notes the lines on which it stops."""

    def __init__(self):
        super().__init__()
        self.stops = []

    def user_line(self, frame):
        if self.break_here(frame):
            self.stops.append(frame.f_lineno)
        self.set_continue()


@pytest.fixture
def debugger():
    made = Debugger()
    yield made
    made.clear_all_breaks()


def line_of(app, text):
    return Path(app.__file__).read_text().split("\n").index(text) + 1


def test_a_breakpoint_moves_with_its_line_and_stops_there(project, debugger):
    app = project.start("app", TEXT)
    assert debugger.set_break(app.__file__, line_of(app, "    return x")) is None
    project.write("app.py", "import os\n\n" + project.path("app.py").read_text())
    assert project.refresh().ok
    debugger.runcall(app.second)
    assert debugger.stops == [line_of(app, "    return x")]


def test_a_breakpoint_inside_an_edited_function_stays_on_its_statement(project, debugger):
    app = project.start("app", TEXT)
    debugger.set_break(app.__file__, line_of(app, "    return x"))
    project.edit("app.py", "    x = 2\n", "    y = 1\n    x = y + 1\n")
    assert project.refresh().ok
    debugger.runcall(app.second)
    assert debugger.stops == [line_of(app, "    return x")]
    (kept,) = debugger.get_breaks(app.__file__, line_of(app, "    return x"))
    assert (kept.line, kept.enabled) == (line_of(app, "    return x"), True)


def test_an_undo_moves_it_back(project, debugger):
    app = project.start("app", TEXT)
    line = line_of(app, "    return x")
    debugger.set_break(app.__file__, line)
    project.write("app.py", "import os\n\n" + project.path("app.py").read_text())
    project.refresh()
    assert debugger.get_file_breaks(app.__file__) == [line + 2]
    livepatch.undo()
    assert debugger.get_file_breaks(app.__file__) == [line]
    livepatch.redo()
    assert debugger.get_file_breaks(app.__file__) == [line + 2]


def test_breakpoints_of_other_files_stay(project, debugger):
    app = project.start("app", TEXT)
    other = project.start("other", TEXT)
    debugger.set_break(other.__file__, 3)
    debugger.set_break(app.__file__, 3)
    project.write("app.py", "# above\n" + project.path("app.py").read_text())
    project.refresh()
    assert debugger.get_file_breaks(other.__file__) == [3]
    assert debugger.get_file_breaks(app.__file__) == [4]


def test_a_line_that_is_gone_becomes_the_one_in_its_place():
    moved = line_map("a\nb\nc\nd", "a\nB1\nB2\nd")
    assert [moved(line) for line in (1, 2, 3, 4)] == [1, 2, 3, 4]
    moved = line_map("a\nb\nc\nd", "a\nd")
    assert [moved(line) for line in (1, 2, 3, 4)] == [1, 2, 2, 2]
    moved = line_map("a\nb\nd", "a\nx\nb\nc\nd")
    assert [moved(line) for line in (1, 2, 3)] == [1, 3, 5]


@pytest.mark.skipif(not interp.MONITORING, reason="sys.monitoring came with 3.12")
def test_a_tool_that_is_told_of_each_line_once_is_told_again_of_lines_that_moved(project):
    app = project.start("app", TEXT)
    monitoring = sys.monitoring
    seen = []

    def line(code, number):
        if code.co_filename == app.__file__:
            seen.append(number)
        return monitoring.DISABLE

    monitoring.use_tool_id(monitoring.PROFILER_ID, "test")
    monitoring.register_callback(monitoring.PROFILER_ID, monitoring.events.LINE, line)
    monitoring.set_events(monitoring.PROFILER_ID, monitoring.events.LINE)
    try:
        app.second()
        before = list(seen)
        project.write("app.py", "import os\n\n" + project.path("app.py").read_text())
        assert project.refresh().ok
        seen.clear()
        app.second()
    finally:
        monitoring.set_events(monitoring.PROFILER_ID, 0)
        monitoring.free_tool_id(monitoring.PROFILER_ID)
    assert seen == [number + 2 for number in before] == [9, 10]
