"""Line numbers of code that a debugger or coverage has looked at."""

import sys
import traceback


def line_of_the_error(call):
    try:
        call()
    except ZeroDivisionError as error:
        return traceback.extract_tb(error.__traceback__)[-1].lineno
    return None


def test_a_method_that_was_traced_has_the_lines_of_the_file_after_it_moved(project):
    app = project.start("app", "class C:\n    def go(self):\n        return 1 / 0\n")
    held = app.C().go
    before = sys.gettrace()
    sys.settrace(lambda *_: lambda *_: None)
    try:
        assert line_of_the_error(held) == 3
    finally:
        sys.settrace(before)
    project.write("app.py", "\n\n\nclass C:\n    def go(self):\n        return 1 / 0\n")
    assert project.refresh().ok
    assert line_of_the_error(held) == 6
