"""The touched region alone must tell what the whole file would have told."""

import hypothesis
import pytest
from hypothesis import strategies as st

from livepatch.errors import SourceError
from livepatch.source import regions
from livepatch.source.regions import Text, compare, future_flags, outline_of

PIECES = (
    "x = 1\n", "y = 2  # same line\n", "def f():\n    return 1\n", "def f():\n    return 2\n",
    "@deco\ndef g(a=1):\n    return a\n", "class C:\n    n = 1\n\n    def m(self):\n        pass\n",
    "class C:\n    def m(self):\n        return 1\n", "if x:\n    def h():\n        pass\n",
    "else_ = 1\n", "try:\n    import a\nexcept ImportError:\n    a = None\n", "# a comment\n", "\n",
    'text = """\ndef no():\n    pass\n"""\n', "z = (\n    1,\n    2,\n)\n", "a = 1; b = 2\n",
    "import os\n", "\f\n", "async def k():\n    await k()\n", "x = 1 + \\\n    2\n",
)  # fmt: skip
programs = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def facts(definition):
    """Give what two definitions must have in common to be the same."""
    inner = [facts(child) for child in definition.children]
    return (definition.qualname, definition.kind, definition.first, definition.text, inner)


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(programs, programs, programs, programs)
def test_a_region_holds_every_definition_that_differs(head, old, new, tail):
    before, after = (
        f"first = 0\n{head}{old}{tail}last = 0\n",
        f"first = 0\n{head}{new}{tail}last = 0\n",
    )
    found = compare(Text(before), after, "app.py")
    whole_old = [facts(d) for d in outline_of(before, "app.py")]
    whole_new = [facts(d) for d in outline_of(after, "app.py")]
    for definition in found.old:
        assert facts(definition) in whole_old
    for definition in found.new:
        assert facts(definition) in whole_new
    outside_old = len(whole_old) - len(found.old)
    assert outside_old == len(whole_new) - len(found.new)
    if not found.whole:
        below = [d for d in outline_of(before, "app.py") if d.first > found.cut]
        moved = [d for d in outline_of(after, "app.py") if d.first > found.cut + found.delta]
        assert [d.text for d in below] == [d.text for d in moved]
        assert [d.first + found.delta for d in below] == [d.first for d in moved]


@hypothesis.settings(max_examples=200, deadline=None)
@hypothesis.given(st.lists(programs, min_size=2, max_size=5))
def test_anchors_carried_from_text_to_text_stay_right(texts):
    base = Text(f"a = 0\n{texts[0]}z = 0\n")
    for text in texts[1:]:
        new = f"a = 0\n{text}z = 0\n"
        base = compare(base, new, "app.py").text
        assert base.text == new
        firsts = {d.first for d in outline_of(new, "app.py")}
        assert {new.count("\n", 0, anchor) + 1 for anchor in base.anchors} <= firsts


def test_only_the_touched_statement_is_in_the_region():
    lines = [f"def f{n}():\n    return {n}\n" for n in range(20)]
    before = "".join(lines)
    after = before.replace("return 7\n", "return 70\n")
    found = compare(Text(before), after, "app.py")
    assert not found.whole
    assert {"f7"} <= {d.qualname for d in found.new} <= {"f6", "f7", "f8"}


def test_an_else_that_joins_the_statement_above_is_seen():
    before = "if x:\n    a = 1\nb = 2\n"
    found = compare(Text(before), "if x:\n    a = 1\nelse:\n    c = 3\nb = 2\n", "app.py")
    assert any("else:" in definition.text for definition in found.new)


def test_a_quote_that_swallows_the_rest_is_an_error_of_the_file():
    with pytest.raises(SourceError) as caught:
        compare(Text("x = 1\ny = 2\nz = 3\n"), 'x = 1\ny = """\nz = 3\n', "app.py")
    assert caught.value.file == "app.py"
    assert caught.value.line == 2


def test_future_flags_are_read_from_statements_and_not_from_strings():
    assert future_flags('"""\nfrom __future__ import annotations\n"""\n', "app.py") == 0
    flags = future_flags("from __future__ import annotations\n", "app.py")
    assert flags
    assert flags == future_flags(
        '"""Doc."""\nfrom __future__ import (\n    annotations,  # why\n)\n', "app.py"
    )


def test_the_whole_file_can_be_asked_for():
    found = regions.compare_whole(Text("a = 1\nb = 2\n"), "a = 1\nb = 3\n", "app.py")
    assert [d.qualname for d in found.new] == ["a", "b"]
