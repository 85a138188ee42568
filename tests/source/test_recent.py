"""What was made of the last few texts is kept, within a bound, and taken once."""

import ast

import pytest

from livepatch.source import regions
from livepatch.source.recent import Recent
from livepatch.source.regions import Text, compare


def test_what_was_kept_is_taken_once():
    recent = Recent(10)
    recent.keep("a", 1, 4)
    assert recent.take("a") == 1
    assert recent.take("a") is None
    assert recent.take("b") is None


def test_what_was_kept_first_goes_first_and_what_is_too_large_is_not_kept():
    recent = Recent(10)
    for number in range(5):
        recent.keep(number, str(number), 4)
    recent.keep("large", "no", 11)
    assert [recent.take(key) for key in (0, 1, 2, 3, 4, "large")] == [None] * 3 + [
        "3",
        "4",
        None,
    ]


def test_a_key_that_is_kept_again_counts_once():
    recent = Recent(10)
    for _ in range(9):
        recent.keep("a", 1, 6)
    recent.keep("b", 2, 4)
    assert (recent.take("a"), recent.take("b")) == (1, 2)


@pytest.fixture
def parsed(monkeypatch):
    """Give the list of the texts that are parsed."""
    texts = []
    parse = ast.parse
    monkeypatch.setattr(
        regions.ast, "parse", lambda text, *a: texts.append(text) or parse(text, *a)
    )
    monkeypatch.setattr(regions, "RECENT", Recent(regions.KEPT))
    return texts


def test_the_old_text_of_an_edit_is_not_parsed_again_where_it_was_the_new_one_before(parsed):
    text = "def a():\n    return {}\n\n\ndef b():\n    return 0\n"
    base = compare(Text(text.format(0), (0, 24)), text.format(1), "f.py").text
    assert len(parsed) == 2
    second = compare(base, text.format(2), "f.py")
    assert len(parsed) == 3
    assert [d.text for d in second.old] == ["def a():\n    return 1"]
    assert [d.text for d in second.new] == ["def a():\n    return 2"]
    other = compare(base, text.format(2), "g.py")
    assert len(parsed) == 5
    assert [d.text for d in other.old] == [d.text for d in second.old]
