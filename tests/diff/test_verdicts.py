"""Each edit is judged: safe, loses something, or needs a restart."""

import pytest

from livepatch.diff.verdicts import worst
from livepatch.model import Verdict
from livepatch.patching.checking import compare_texts

CLASS = "class C:\n    x = 1\n\n    def m(self):\n        return 1\n"


@pytest.mark.parametrize(
    ("old", "new", "verdict", "slug"),
    [
        ("def f():\n    return 1\n", "def f():\n    return 2\n", "safe", "updated"),
        ("X = 1\n", "X = 1\n\n\ndef f():\n    pass\n", "safe", "added"),
        ("def f():\n    return 1\n", "def g():\n    return 1\n", "safe", "renamed"),
        ("X = 1\n", "X = 2\n", "safe", "executed"),
        ("X = [1]\n", "X = [2]\n", "loses", "executed"),
        ("X = [1]\n", "X: list = [1]\n", "safe", "updated"),
        ("X = 1\n", "import os\n\nX = 1\n", "safe", "import"),
        ("def f(x=[]):\n    pass\n", "def f(x={}):\n    pass\n", "loses", "default"),
        ("@a\ndef f():\n    pass\n", "@b\ndef f():\n    pass\n", "loses", "decorators"),
        ("X = 1\nY = 2\n", "Y = 2\n", "loses", "removed"),
        ("print(1)\nY = 2\n", "Y = 2\n", "restart", "side-effects"),
        ("pass\nY = 2\n", "Y = 2\n", "safe", "removed"),
        ("if TYPE_CHECKING:\n    import x\nY = 2\n", "Y = 2\n", "safe", "removed"),
        (CLASS, CLASS.replace("return 1", "return 2"), "safe", "updated"),
        (CLASS, CLASS.replace("class C", "class C(B)"), "loses", "layout"),
        (CLASS, CLASS.replace("class C", "@d\nclass C"), "loses", "header"),
        (CLASS, CLASS.replace("x = 1", "x = 1\n    __slots__ = ()"), "restart", "layout"),
        (
            "if __name__ == '__main__':\n    run()\n",
            "if __name__ == '__main__':\n    walk()\n",
            "restart",
            "not-rerun",
        ),
    ],
)
def test_an_edit_is_judged_by_what_it_does_to_a_running_program(old, new, verdict, slug):
    assert [(f.verdict.value, f.slug) for f in compare_texts("app.py", old, new)] == [
        (verdict, slug)
    ]


def test_comments_and_moved_lines_are_no_findings():
    assert compare_texts("app.py", "X = 1\nY = 2\n", "# one\nX = 1\n\n\nY = 2\n") == ()


def test_findings_come_in_the_order_of_the_text_and_the_worst_decides():
    old = "X = [1]\n\n\ndef f():\n    return 1\n\n\nprint(1)\n"
    new = "X = [2]\n\n\ndef f():\n    return 2\n"
    found = compare_texts("app.py", old, new)
    assert [finding.line for finding in found] == sorted(finding.line for finding in found)
    assert worst(found) is Verdict.RESTART
    assert worst(found[:2]) is Verdict.LOSES
    assert worst(()) is Verdict.SAFE
