"""Who became what: edits from the definitions of two texts."""

import ast

import pytest

from livepatch.diff import parts as difference
from livepatch.diff.match import living, make_plan
from livepatch.diff.ordering import order_files
from livepatch.model import Action, FilePlan
from livepatch.source.regions import outline_of


def plan(old, new, **options):
    before, after = outline_of(old, "app.py"), outline_of(new, "app.py")
    return make_plan("app.py", before, after, cut=99, delta=0, **options)


def edits(old, new, **options):
    """Give (action, old name, new name) of each edit, in order."""
    found = plan(old, new, **options).edits
    return [
        (
            e.action,
            str(e.old.qualname) if e.old else None,
            str(e.new.qualname) if e.new else None,
        )
        for e in found
    ]


def parts(old, new):
    (edit,) = plan(old, new).edits
    return edit.parts


TREES = [
    "f(1)", "f(1.0)", "f(True)", "f('1')", "f(b'1')", "f(u'1')", "f(1j)", "f(...)", "f(None)",
    "f(x)", "f(x, y)", "f(*x)", "f(x=1)", "x = f", "x: f", "x: f = 1", "del x", "x[f] = x.f",
    "def f(a, b=1): return a", "def f(a, *, b=1): return a", "async def f(a, b=1): return a",
    "@x\ndef f(): pass", "class f(x): pass", "class f(metaclass=x): pass", "f(1\n)",
]  # fmt: skip


@pytest.mark.parametrize("old", TREES)
def test_trees_are_the_same_where_their_dumps_are_equal(old):
    for new in TREES:
        before, after = ast.parse(old).body, ast.parse(new).body
        assert difference.same(before, after) is (
            difference.dump(before) == difference.dump(after)
        )


def test_equal_texts_need_no_edit():
    assert edits("def f(): pass\nx = 1\n", "def f(): pass\nx = 1\n") == []


def test_layout_alone_only_moves_lines():
    assert edits("def f(a,b): return 1\n", "def f(a, b):\n    return 1\n") == [
        (Action.RELINE, "f", "f")
    ]
    assert edits("x = {1:2}\n", "x = {1: 2}\n") == []


def test_moved_definitions_need_no_edit():
    assert edits("def f(): pass\ndef g(): pass\n", "def g(): pass\ndef f(): pass\n") == []


def test_removals_come_last_and_the_rest_in_source_order():
    old = "def gone(): pass\ndef f(): pass\n"
    new = "x = 1\ndef f(): return 1\ny = 2\n"
    assert edits(old, new) == [
        (Action.EXECUTE, None, "x"),
        (Action.UPDATE, "f", "f"),
        (Action.EXECUTE, None, "y"),
        (Action.REMOVE, "gone", None),
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("def f(): 1", "def f(): 2", {"body"}),
        ("def f(a=1): 1", "def f(a=2): 1", {"default a"}),
        ("def f(a, *, b=1): 1", "def f(a, *, b=2): 1", {"default b"}),
        ("def f(a): 1", "def f(b): 1", {"signature", "annotations"}),
        ("def f(a): 1", "def f(a: int): 1", {"annotations"}),
        ("def f(): 1", "def f() -> int: 1", {"annotations"}),
        ("def f(): 1", "@d\ndef f(): 1", {"decorators"}),
        ("def f(): 1", "async def f(): 1", {"kind"}),
        ("def f():\n '''a'''\n 1", "def f():\n '''b'''\n 1", {"docstring"}),
        ("def f(\n a,\n):\n 1", "def f(\n a,\n):\n 2", {"body"}),
        ("def f(a,\n b=1): 1", "def f(a,\n b=2): 1", {"default b"}),
        ("def f(a,\n b='ä', c=1): 1", "def f(a,\n b='ä', c=2): 1", {"default c"}),
        ("def f(a,\n b=1):\n 1", "def f(a,\n b=2):\n 1", {"default b"}),
        ("def f():\n @a\n def g(): 1", "def f():\n @b\n def g(): 1", {"body"}),
        ("f = lambda: 1", "f = lambda: 2", {"body"}),
        ("f = lambda a=1: 1", "f = lambda a=2: 1", {"default a"}),
    ],
)
def test_the_parts_of_a_function_that_changed_are_named(old, new, expected):
    assert parts(old, new) == expected


def test_a_function_with_another_name_and_an_equal_body_is_renamed():
    assert edits("def f(x):\n    return x\n", "def g(x):\n    return x\n") == [
        (Action.RENAME, "f", "g")
    ]


def test_two_functions_with_equal_bodies_are_not_taken_for_renamed():
    found = edits("def f(): 1\n", "def g(): 1\ndef h(): 1\n")
    assert (Action.REMOVE, "f", None) in found


def test_a_rename_survives_a_change_of_the_compiler_flags():
    found = edits("def f(): return 1\n", "def g(): return 1\n", everything=True)
    assert found == [(Action.RENAME, "f", "g")]


def test_a_method_is_edited_inside_its_class():
    old = "class C:\n    x = 1\n    def m(self): 1\n    class D:\n        def n(self): 1\n"
    new = old.replace("x = 1", "x = 2").replace("n(self): 1", "n(self): 2")
    found = plan(old, new).edits
    assert [(e.action, e.owner) for e in found] == [
        (Action.EXECUTE, ("C",)),
        (Action.UPDATE, ("C", "D")),
    ]


def test_a_class_header_is_an_edit_of_its_own():
    found = edits("class C(A):\n    def m(self): 1\n", "class C(B):\n    def m(self): 2\n")
    assert found == [(Action.HEADER, "C", "C"), (Action.UPDATE, "C.m", "C.m")]


def test_getter_and_setter_are_told_apart():
    old = "class C:\n @property\n def x(self): 1\n @x.setter\n def x(self, v): 1\n"
    new = old.replace("v): 1", "v): 2")
    (edit,) = plan(old, new).edits
    assert edit.new.role == "setter"


def test_the_main_guard_is_not_run_when_it_appears():
    assert edits("x = 1\n", "x = 1\nif __name__ == '__main__':\n    go()\n") == []


def test_a_function_in_a_branch_is_edited_without_running_the_branch():
    old = "if a:\n    def f(): 1\nelse:\n    def f(): 2\n"
    assert edits(old, old.replace("): 2", "): 3")) == [(Action.UPDATE, "f", "f")]


def test_a_changed_condition_runs_the_statement():
    old = "if a:\n    def f(): 1\n"
    ((action, _, _),) = edits(old, old.replace("if a", "if b"))
    assert action is Action.EXECUTE


def test_only_the_last_plain_definition_of_a_name_counts():
    text = "def f(): 1\nx = 1\ndef f(): 2\n"
    assert [d.text for d in living(outline_of(text, "app.py"))] == ["x = 1", "def f(): 2"]
    kept = "@reg\ndef f(): 1\n@reg\ndef f(): 2\n"
    assert len(living(outline_of(kept, "app.py"))) == 2
    assert edits(text, "def f(): 2\nx = 1\ndef f(): 1\n") == [(Action.UPDATE, "f", "f")]


def test_files_come_after_those_that_they_import():
    plans = [FilePlan(name, (), 0, 0, ()) for name in ("a", "b", "c")]
    needs = {"a": frozenset({"b"}), "b": frozenset({"c"}), "c": frozenset()}
    assert [p.file for p in order_files(plans, needs)] == ["c", "b", "a"]


def test_an_import_circle_still_gives_every_file_once():
    plans = [FilePlan(name, (), 0, 0, ()) for name in ("a", "b")]
    needs = {"a": frozenset({"b"}), "b": frozenset({"a"})}
    assert sorted(p.file for p in order_files(plans, needs)) == ["a", "b"]
