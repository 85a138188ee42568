"""Definitions made again at a prompt: the older object becomes what the newer one is."""

import ast

import pytest

from livepatch.ext.cells import HOOK, Cells, CellTransformer
from livepatch.patching.patcher import Patcher
from livepatch.patching.redefine import Redefinition, redefine


class Prompt:
    """Cells, run one after the other in one namespace."""

    def __init__(self):
        self.names = {"__name__": "__main__"}
        self.patcher = Patcher()
        self.cells = Cells(self.patcher, lambda: self.names)
        self.cells.is_on = True
        self.names[HOOK] = self.cells.adopt
        self.count = 0

    def run(self, text):
        """Run `text` as a notebook does."""
        self.count += 1
        file = f"<cell {self.count}>"
        defined = self.cells.read(text, file)
        tree = CellTransformer(defined.copy).visit(ast.parse(text))
        exec(compile(tree, file, "exec", dont_inherit=True), self.names)

    def type(self, text):
        """Run `text` as a console does."""
        self.cells.snapshot()
        exec(compile(text, "<stdin>", "exec", dont_inherit=True), self.names)
        self.cells.adopt_changes()

    def __getitem__(self, name):
        return self.names[name]


@pytest.fixture
def prompt():
    return Prompt()


@pytest.fixture(params=["run", "type"])
def either(request, prompt):
    """Run cells in the way of a notebook, and then of a console."""
    return getattr(prompt, request.param)


def test_a_function_defined_again_is_the_same_object_with_the_new_body(prompt, either):
    either("def f(a=1):\n    return a")
    held = prompt["f"]
    either("def f(a=2, *, b=3):\n    return a + b")
    assert prompt["f"] is held
    assert held() == 5


def test_instances_bound_methods_and_aliases_of_a_class_follow(prompt, either):
    either("class A:\n    def go(self): return 'old'\n    def gone(self): pass\n")
    either("a = A()\nbound = a.go\nAlias = A\n")
    either("class A:\n    def go(self): return 'new'\n    def more(self): return 'more'\n")
    assert prompt["A"] is prompt["Alias"]
    assert (prompt["bound"](), prompt["a"].more()) == ("new", "more")
    assert not hasattr(prompt["a"], "gone")


def test_super_works_in_what_was_defined_again(prompt, either):
    either("class B:\n    def who(self): return 'B'\nclass A(B):\n    pass\na = A()\n")
    either("class A(B):\n    def who(self): return 'A' + super().who()\n")
    assert prompt["a"].who() == "AB"


def test_closures_that_were_made_before_follow(prompt, either):
    either("def make():\n    def inner(): return 'old'\n    return inner\nheld = make()\n")
    either("def make():\n    def inner(): return 'new'\n    return inner\n")
    assert prompt["held"]() == "new"


def test_an_instance_made_in_the_same_cell_is_of_the_older_class(prompt, either):
    either("class A:\n    pass\nOld = A\n")
    either("class A:\n    x = 1\na = A()\n")
    assert type(prompt["a"]) is prompt["Old"] is prompt["A"]
    assert prompt["a"].x == 1


def test_a_third_definition_reaches_the_first_object_too(prompt, either):
    either("def f(): return 1\nheld = f\n")
    either("def f(): return 2\n")
    either("def f(): return 3\n")
    assert prompt["held"]() == 3


def test_attributes_whose_statements_did_not_change_keep_the_state_they_gathered(prompt):
    prompt.run("class A:\n    seen = []\n    rate = 1\n    def go(self): return 1\n")
    prompt["A"].seen.append("state")
    prompt.run("class A:\n    seen = []\n    rate = 2\n    def go(self): return 2\n")
    assert (prompt["A"].seen, prompt["A"].rate, prompt["A"]().go()) == (["state"], 2, 2)


def test_instances_of_a_dataclass_get_its_new_fields_and_methods(prompt):
    head = "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int = 0\n"
    prompt.run(head)
    prompt.run("p = P(1)")
    prompt.run(head + "    y: int = 7\n    def both(self): return self.x + self.y\n")
    assert repr(prompt["p"]) == "P(x=1, y=7)"
    assert prompt["p"].both() == 8


def test_a_name_that_is_defined_twice_in_a_cell_is_left_alone(prompt):
    text = (
        "from functools import singledispatch\n@singledispatch\ndef f(x): return 'any'\n"
        "@f.register\ndef _(x: int): return 'int'\n@f.register\ndef _(x: str): return 'str'\n"
    )
    prompt.run(text)
    prompt.run(text)
    assert (prompt["f"](1), prompt["f"]("x"), prompt["f"](None)) == ("int", "str", "any")


def test_another_kind_of_thing_under_the_name_takes_it(prompt, either):
    either("def f(): return 1\nheld = f\n")
    either("class f:\n    pass\n")
    assert isinstance(prompt["f"], type)
    assert prompt["held"]() == 1


def test_a_class_that_cannot_take_the_new_shape_leaves_the_name_and_is_noted(prompt):
    prompt.run("class A:\n    __slots__ = ('x',)\nOld = A\n")
    patches = []
    prompt.patcher.on_patch(patches.append)
    prompt.run("class A:\n    __slots__ = ('x', 'y')\n")
    assert prompt["A"] is not prompt["Old"]
    assert [note.slug for patch in patches for note in patch.notes] == ["layout"]


def test_off_means_that_definitions_are_pythons_own(prompt, either):
    prompt.cells.is_on = False
    either("def f(): return 1\nheld = f\n")
    either("def f(): return 2\n")
    assert prompt["f"] is not prompt["held"]


def test_undo_gives_the_older_object_its_older_code(prompt):
    prompt.run("class A:\n    def go(self): return 1\na = A()\n")
    prompt.run("class A:\n    def go(self): return 2\n")
    prompt.patcher.undo()
    assert prompt["a"].go() == 1


def test_a_cell_that_is_no_python_is_left_to_say_so_itself(prompt):
    assert prompt.cells.read("def f(:\n", "<cell>") == []


def test_functions_imported_from_a_file_are_not_taken_for_redefinitions(prompt, project):
    module = project.start("lib", "def f(): return 'lib'\n")
    prompt.names["f"] = module.f
    prompt.type("def f(): return 'prompt'\n")
    assert (module.f(), prompt["f"]()) == ("lib", "prompt")


def test_what_the_program_put_on_a_class_stays(prompt, either):
    either("class A:\n    def go(self): return 1\nA.extra = lambda self: 'extra'\n")
    either("class A:\n    def go(self): return 2\n")
    assert (prompt["A"]().go(), prompt["A"]().extra()) == (2, "extra")


def test_several_redefinitions_are_one_patch(prompt):
    prompt.run("def f(): return 1\ndef g(): return 1\n")
    f, g = prompt["f"], prompt["g"]
    exec("def f(): return 2\ndef g(): return 2\n", prompt.names)
    found = [Redefinition("f", f, prompt["f"]), Redefinition("g", g, prompt["g"])]
    patch = redefine(prompt.patcher, prompt.names, found, "<cell>")
    assert (len(patch.changes), f(), g()) == (2, 2, 2)
