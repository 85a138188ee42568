"""Cells are matched by name: code never reads the cell of another variable."""

from types import CellType

import pytest

from livepatch.runtime import closures, functions


def make(text, *arguments):
    namespace = {}
    exec(text, namespace)
    return namespace["make"](*arguments)


def test_cells_follow_the_names_whatever_their_order():
    old = make("def make(a, b):\n def f(): return a, b\n return f", 1, 2)
    new = make("def make(b, a):\n def f(): return b\n return f", 0, 0)
    cells, missing = closures.cells_for(old, new.__code__, {}, None)
    assert [cell.cell_contents for cell in cells] == [2]
    assert missing == ()


def test_a_name_without_a_cell_is_missing_and_a_fallback_serves_it():
    old = make("def make(a):\n def f(): return a\n return f", 1)
    new = make("def make(a, b):\n def f(): return a, b\n return f", 0, 0)
    assert closures.cells_for(old, new.__code__, {}, None)[1] == ("b",)
    cells, missing = closures.cells_for(old, new.__code__, {"b": CellType(7)}, None)
    assert ([cell.cell_contents for cell in cells], missing) == ([1, 7], ())


def test_the_class_cell_is_the_owner():
    def plain(self):
        return self

    class C:
        def m(self):
            return __class__

    cells, missing = closures.cells_for(plain, C.m.__code__, {}, C)
    assert missing == ()
    assert cells[0].cell_contents is C


@pytest.mark.parametrize("free", ["", "n"])
def test_forwarding_passes_every_argument_on_and_compiles_without_a_warning(free):
    text = "def make(n):\n def f(a, *, b=1): return (a, b FREE)\n return f"
    old = make(text.replace("FREE", f", {free}" if free else ""), 1)
    code = closures.forwarding(old, lambda *a, **k: (a, k))
    assert code.co_freevars == old.__code__.co_freevars
    old.__code__ = code
    assert old(1, 2, c=3) == ((1, 2), {"c": 3})


def test_nothing_is_grafted_onto_a_function_of_another_module():
    one, two = {}, {}
    exec("def f(): return 1", one)
    exec("def f(): return 2", two)
    assert functions.graft(one["f"], two["f"]) == []
