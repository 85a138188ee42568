"""Where a statement surely starts is taken from running code, and never from a string."""

from livepatch.source import regions
from livepatch.source.bounds import FAR, nearer

FILLER = "x = 1\n" * FAR
TEXT = f"{FILLER}def f():\n    return 1\n\n\n{FILLER}def g():\n    return 2\n\n\n{FILLER}"


def line_of(text, part):
    return text.count("\n", 0, text.index(part)) + 1


def bounds(text, part, names):
    at = text.index(part)
    return nearer((), text, at, at + len(part), lambda: names)


def test_definitions_around_a_difference_are_bounds():
    names = {line_of(TEXT, "def f"): "f", line_of(TEXT, "def g"): "g"}
    assert bounds(TEXT, "return 1", names) == (TEXT.index("def f"), TEXT.index("def g"))


def test_a_line_that_is_no_definition_of_that_name_is_no_bound():
    names = {line_of(TEXT, "def f"): "other", 3: "x", line_of(TEXT, "def g"): "g"}
    assert bounds(TEXT, "return 1", names) == (TEXT.index("def g"),)


def test_running_code_is_not_asked_where_bounds_are_near():
    anchors = (TEXT.index("def f"), TEXT.index("def g"))
    at = TEXT.index("return 1")
    near = TEXT[: anchors[1] + 9].replace(FILLER, "x = 1\n")
    at = near.index("return 1")
    assert nearer((near.index("def f"),), near, at, at + 8, None) == (near.index("def f"),)


def test_a_difference_at_either_end_finds_the_bound_on_its_other_side():
    names = {line_of(TEXT, "def f"): "f", line_of(TEXT, "def g"): "g"}
    assert nearer((), TEXT, 0, 0, lambda: names)[0] == TEXT.index("def f")
    assert nearer((), TEXT, len(TEXT), len(TEXT), lambda: names)[-1] == TEXT.index("def g")


def test_a_first_edit_reads_only_what_lies_between_two_bounds():
    names = {line_of(TEXT, "def f"): "f", line_of(TEXT, "def g"): "g"}
    new = TEXT.replace("return 1", "return 11")
    found = regions.compare(regions.Text(TEXT), new, "m.py", lambda: names)
    assert not found.whole
    assert found.new[0].name == "f"
    assert "return 11" in found.new[0].text


def test_a_last_definition_is_bounded_by_the_end_of_the_text():
    text = TEXT.removesuffix(FILLER)
    new = text.replace("return 2", "return 22")
    names = {line_of(text, "def f"): "f", line_of(text, "def g"): "g"}
    found = regions.compare(regions.Text(text), new, "m.py", lambda: names)
    assert not found.whole
    assert [definition.name for definition in found.new if definition.name] == ["g"]


def test_nothing_proven_means_that_the_whole_text_is_read():
    new = TEXT.replace("return 1", "return 11")
    found = regions.compare(regions.Text(TEXT), new, "m.py")
    assert [d.name for d in found.new if d.name] in (["f"], ["f", "g"])
