"""Values computed from what changed, by statements that did not, are kept and named."""

import pytest

import livepatch


def stale(patch):
    return {note.qualname for note in patch.notes if note.slug == "stale-value"}


def test_values_that_called_a_changed_function_are_named_wherever_they_are(project):
    project.start("lib", "def rate():\n    return 1\n")
    app = project.start(
        "app", "import lib\nfrom lib import rate\n\nA = rate()\nB = lib.rate()\n"
    )
    project.edit("lib.py", "return 1", "return 2")
    assert stale(project.refresh()) == {"A", "B"}
    assert (app.A, app.B) == (1, 1)


def test_what_was_computed_from_a_stale_value_is_stale_too(project):
    text = "def rate():\n    return 1\n\n\nA = rate()\nB = A + 1\nC = [B]\nD = 5\n"
    project.start("app", text)
    project.edit("app.py", "return 1", "return 2")
    assert stale(project.refresh()) == {"A", "B", "C"}


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('"""All about rate."""', {"B"}),
        ('"""All about\nrate; rate()."""', {"B"}),
        ('"""All about rate."""; from lib import rate; A = rate()', {"A", "B"}),
    ],
)
def test_a_text_that_mentions_a_function_makes_nothing_stale_and_hides_nothing(
    project, head, expected
):
    project.start("lib", "def rate():\n    return 1\n")
    project.start("app", f"{head}\nfrom lib import rate\nB = rate()\n")
    project.edit("lib.py", "return 1", "return 2")
    assert stale(project.refresh()) == expected


def test_a_value_computed_from_a_changed_constant_is_stale(project):
    project.start("app", "RATE = 1\nTABLE = {n: n * RATE for n in range(3)}\n")
    project.edit("app.py", "RATE = 1", "RATE = 2")
    assert stale(project.refresh()) == {"TABLE"}


def test_instances_of_a_class_whose_init_changed_are_stale(project):
    text = "class C:\n    def __init__(self):\n        self.x = 1\n\n\nONE = C()\n"
    project.start("app", text)
    project.edit("app.py", "self.x = 1", "self.x = 2")
    assert stale(project.refresh()) == {"ONE"}


def test_a_function_that_is_only_mentioned_makes_nothing_stale(project):
    text = "def f():\n    return 1\n\n\nTABLE = {'f': f}\nlater = lambda: f()\n"
    project.start("app", text)
    project.edit("app.py", "return 1", "return 2")
    assert stale(project.refresh()) == set()


def test_a_statement_that_changed_itself_is_not_stale(project):
    app = project.start("app", "def f():\n    return 1\n\n\nA = f()\n")
    project.write("app.py", "def f():\n    return 2\n\n\nA = f() + 0\n")
    assert stale(project.refresh()) == set()
    assert app.A == 2


def test_a_new_docstring_makes_nothing_stale(project):
    project.start("app", "def f():\n    return 1\n\n\nA = f()\n")
    project.edit("app.py", "    return 1", '    """Say one."""\n    return 1')
    assert stale(project.refresh()) == set()


def test_who_only_holds_a_stale_object_is_not_named(project):
    text = """
        class C:
            def __init__(self):
                self.x = 1


        NOTHING = C()
        SAME = NOTHING


        def f(x=NOTHING):
            return x


        g = f
        X = NOTHING.x
        Y = X + 1
    """
    project.start("app", text)
    project.edit("app.py", "self.x = 1", "self.x = 2")
    patch = project.refresh()
    assert stale(patch) == {"NOTHING", "X", "Y"}
    said = {note.qualname: note.message.partition(";")[0] for note in patch.notes}
    assert said["NOTHING"] == "was computed from C, which changed"
    assert said["Y"] == "was computed from X, which is stale"


def test_a_default_that_is_an_object_which_was_replaced_is_named(project):
    text = "NOTHING = object()\n\n\ndef f(x=NOTHING):\n    return x is NOTHING\n"
    project.start("app", text)
    project.edit("app.py", "NOTHING = object()", "NOTHING = type('N', (), {})()")
    assert stale(project.refresh()) == {"f"}


def test_what_went_on_from_a_class_that_is_a_new_one_is_named(project):
    text = """
        def mark(cls):
            cls.marked = True
            return cls


        class C:
            __slots__ = ("a",)


        C = mark(C)
    """
    app = project.start("app", text)
    project.edit("app.py", '("a",)', '("a", "b")')
    patch = project.refresh()
    assert stale(patch) == {"C"}
    (message,) = [note.message for note in patch.notes if note.slug == "stale-value"]
    assert message.startswith("works on C, which changed; it did not change itself")
    assert not hasattr(app.C, "marked")
    livepatch.rerun("app:C")
    assert app.C.marked


def test_defaults_that_are_evaluated_again_are_not_stale(project):
    text = "RATE = 1\n\n\ndef f(x=RATE):\n    return x\n\n\ng = lambda x=RATE: x\n"
    app = project.start("app", text)
    changed = text.replace("x=RATE", "x=RATE + 1").replace("RATE = 1", "RATE = 5")
    project.write("app.py", changed + "\n\ndef h(x=RATE):\n    return x\n")
    assert project.refresh().notes == ()
    assert (app.f(), app.g(), app.h()) == (6, 6, 5)
