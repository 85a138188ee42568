"""What a statement did to objects that outlive it is taken back with the patch, and done again."""

import pytest

import livepatch

REGISTRY = """
TABLE = {}


def register(name):
    def keep(function):
        TABLE[name] = function
        return function
    return keep


class Plugins:
    def __init__(self):
        self.known = {}

    def add(self, function):
        self.known[function.__name__] = function
        return function


plugins = Plugins()


@register("a")
def a():
    return 1
"""


def test_what_decorators_registered_goes_with_an_undo(project):
    app = project.start("app", REGISTRY)
    table, first = app.TABLE, app.a
    more = '@register("b")\n@plugins.add\ndef b():\n    return 2\n'
    project.write("app.py", f"{REGISTRY}\n\n{more}")
    assert project.refresh().ok
    assert (sorted(table), sorted(app.plugins.known)) == (["a", "b"], ["b"])
    livepatch.undo()
    assert table == {"a": first}
    assert app.plugins.known == {}
    livepatch.redo()
    assert table["b"] is app.plugins.known["b"] is app.b


def test_a_definition_that_raises_after_it_was_registered_is_registered_nowhere(project):
    app = project.start("app", REGISTRY)
    project.write("app.py", f'{REGISTRY}\n\n@no_such_name\n@register("b")\ndef b(): ...\n')
    assert not project.refresh().ok
    project.write("app.py", f'{REGISTRY}\n\n@register("b")\ndef b(): ...\n\n1 / 0\n')
    assert not project.refresh().ok
    assert list(app.TABLE) == ["a"]


def test_assigned_attributes_and_items_are_as_they_were_after_an_undo(project):
    text = "class C:\n    x = 1\n\n\ndef f(): ...\n\n\nc = C()\nT = {{}}\nC.x = {0}\nf.n = {0}\nc.y = {0}\nT['k'] = {0}\nT[C] = {0}\n"
    app = project.start("app", text.format(1))

    def seen():
        return app.C.x, app.f.n, app.c.y, app.T["k"], app.T[app.C]

    project.write("app.py", text.format(2))
    assert project.refresh().ok
    assert seen() == (2, 2, 2, 2, 2)
    livepatch.undo()
    assert seen() == (1, 1, 1, 1, 1)
    livepatch.redo()
    assert seen() == (2, 2, 2, 2, 2)
    project.write("app.py", text.format(3) + "1 / 0\n")
    assert not project.refresh().ok
    assert seen() == (2, 2, 2, 2, 2)


def test_an_attribute_that_is_a_property_is_left_to_it(project):
    text = "class C:\n    @property\n    def x(self):\n        return 1\n\n    @x.setter\n    def x(self, value):\n        self.seen = value\n\n\nc = C()\nc.x = {}\n"
    app = project.start("app", text.format(1))
    project.write("app.py", text.format(2))
    assert project.refresh().ok
    assert (app.c.x, app.c.seen) == (1, 2)
    assert livepatch.undo().ok
    assert app.c.x == 1


@pytest.mark.parametrize("is_pinned", [False, True])
def test_what_others_put_into_a_registry_meanwhile_stays(project, is_pinned):
    if is_pinned:  # then a changed decorator carries code that picks a version
        with livepatch.session():
            pass
    app = project.start("app", REGISTRY)
    app.TABLE["seen"] = 0
    text = REGISTRY.replace(
        "TABLE[name] = function", 'TABLE[name] = function\n        TABLE["seen"] = name'
    )
    more = '@register("b")\ndef b():\n    return 2\n'
    project.write("app.py", f"{text}\n\n{more}")
    assert project.refresh().ok
    livepatch.undo()
    assert {"a": app.a, "seen": "b"} == app.TABLE


def test_statements_that_did_nothing_go_without_a_note(project):
    kept = "import typing as t\n"
    project.start(
        "app",
        kept + "pass\n...\nif t.TYPE_CHECKING:\n    import json\n\nif t.Any:\n    len('')\n",
    )
    project.write("app.py", kept)
    assert [note.qualname for note in project.refresh().notes] == ["if t.Any:"]


def test_texts_below_fields_leave_a_generated_class_as_it_is(project):
    text = "import dataclasses\n\n\n@dataclasses.dataclass\nclass D:\n    a: int = 1\n{}    b: int = 2\n"
    app = project.start("app", text.format(""))
    project.write("app.py", text.format('    """About a."""\n'))
    assert project.refresh().changes == ()
    project.write("app.py", text.format('    """More about a."""\n'))
    assert project.refresh().changes == ()
    generated = "D(a: int = 1, b: int = 2)"
    assert app.D.__doc__ == generated
    made = app.D.__init__
    project.write("app.py", text.format("").replace("D:\n", 'D:\n    """Doc."""\n'))
    (change,) = project.refresh().changes
    assert (change.qualname, app.D.__doc__, app.D.__init__) == ("D.__doc__", "Doc.", made)
    project.write("app.py", text.format(""))
    assert project.refresh().ok
    assert app.D.__doc__ == generated
