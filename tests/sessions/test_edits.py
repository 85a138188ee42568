"""Every kind of edit while a session is open: old for the session, new for everybody else."""

import functools
import inspect
import sys

import pytest

import livepatch
from livepatch.patching.sessions import SESSIONS


class Edited:
    """A module, one expression on it, and what it gives inside and outside a session."""

    def __init__(self, project, elsewhere, module):
        self.project, self.elsewhere, self.module = project, elsewhere, module

    def to(self, text):
        self.project.write("app.py", text)
        patch = self.project.refresh()
        assert patch.ok, patch
        return patch

    def here(self, expression):
        return outcome(expression, self.module)

    def there(self, expression):
        return self.elsewhere(outcome, expression, self.module)


def outcome(expression, module):
    """Give the value of `expression`, or the type of what it raises."""
    try:
        return eval(expression, {"m": module})
    except Exception as error:  # noqa: BLE001  whatever it is, it is what is compared
        return type(error)


@pytest.fixture
def edited(project, elsewhere):
    return lambda text: Edited(project, elsewhere, project.start("app", text))


BASE = "class A:\n    def f(self):\n        return 'A'\n    rate = 1\n"

EDITS = {
    "a removed function": (
        "def f():\n    return g()\ndef g():\n    return 1\n",
        "def f():\n    return 2\n",
        "m.f()", 1, 2),
    "a removed name that somebody reads": (
        "RATE = 1\ndef f():\n    return RATE\n", "def f():\n    return 2\n", "m.f()", 1, 2),
    "a removed name": ("f = 1\nx = 1\n", "x = 1\n", "m.f", 1, 1),  # waits for the session
    "a removed method": (
        "class C:\n    def f(self):\n        return 1\n    def g(self):\n        return 0\n",
        "class C:\n    def g(self):\n        return 0\n",
        "m.C().f()", 1, AttributeError),
    "a removed override": (
        BASE + "class C(A):\n    def f(self):\n        return 1\n", BASE + "class C(A):\n    pass\n",
        "m.C().f()", 1, "A"),
    "a removed property": (
        "class C:\n    @property\n    def f(self):\n        return 1\n    x = 1\n", "class C:\n    x = 1\n",
        "m.C().f", 1, AttributeError),
    "a removed operator": (
        "class C:\n    def __len__(self):\n        return 1\n    x = 1\n", "class C:\n    x = 1\n",
        "len(m.C())", 1, 1),  # waits: the interpreter must not find half an operator
    "an added override": (
        BASE + "class C(A):\n    pass\n", BASE + "class C(A):\n    def f(self):\n        return 1\n",
        "m.C().f()", "A", 1),
    "an added override of an attribute": (
        BASE + "class C(A):\n    pass\n", BASE + "class C(A):\n    rate = 2\n", "m.C.rate", 1, 2),
    "an added __repr__": (
        "class C:\n    x = 1\n", "class C:\n    x = 1\n    def __repr__(self):\n        return 'new'\n",
        "repr(m.C()) == 'new'", False, True),
    "another signature": (
        "def f(a):\n    return g(a)\ndef g(x):\n    return x\n",
        "def f(a):\n    return g(a, more=2)\ndef g(y, *, more):\n    return y + more\n",
        "m.f(1)", 1, 3),
    "another default": ("def f(a=1):\n    return a\n", "def f(a=2):\n    return a\n", "m.f()", 1, 2),
    "another keyword default": (
        "def f(*, a=1):\n    return a\n", "def f(*, a=2):\n    return a\n", "m.f()", 1, 2),
    "a function that becomes a generator": (
        "def f():\n    return [1]\n", "def f():\n    yield 2\n", "list(m.f())", [1], [2]),
    "a free variable more": (
        "def make():\n    x, y = 1, 2\n    def f():\n        return x\n    def g():\n        return y\n    return f, g\nf, g = make()\n",
        "def make():\n    x, y = 1, 2\n    def f():\n        return 5\n    def g():\n        return y\n    return f, g\nf, g = make()\n",
        "m.f()", 1, 5),
    "super() added to a method": (
        BASE + "class C(A):\n    def f(self):\n        return 1\n",
        BASE + "class C(A):\n    def f(self):\n        return super().f() + '2'\n",
        "m.C().f()", 1, "A2"),
    "a decorator added": (
        "def deco(g):\n    return lambda: g() + 1\ndef f():\n    return 1\n",
        "def deco(g):\n    return lambda: g() + 1\n@deco\ndef f():\n    return 1\n",
        "m.f()", 1, 2),
    "a method that becomes a property": (
        "class C:\n    def f(self):\n        return 1\n",
        "class C:\n    @property\n    def f(self):\n        return 1\n",
        "callable(m.C().f)", True, False),
    "a property that becomes an attribute": (
        "class C:\n    @property\n    def f(self):\n        return 1\n",
        "class C:\n    f = 2\n", "m.C().f", 1, 2),
    "another function under the name": (
        "def one():\n    return 1\ndef two():\n    return 2\nused = one\ndef f():\n    return used()\n",
        "def one():\n    return 1\ndef two():\n    return 2\nused = two\ndef f():\n    return used()\n",
        "m.f()", 1, 2),
    "another base": (
        BASE + "class B:\n    def f(self):\n        return 'B'\nclass C(A):\n    def g(self):\n        return 1\n",
        BASE + "class B:\n    def f(self):\n        return 'B'\nclass C(A):\n    def g(self):\n        return 2\n",
        "m.C().g()", 1, 2),
    "moved lines": (
        "def f():\n    return 1\ndef g():\n    return 1\n",
        "import sys\n\n\ndef f():\n    return 2\ndef g():\n    return 1\n",
        "m.f() + m.g()", 2, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_seen_outside_the_session_only(edited, name):
    before, after, expression, old, new = EDITS[name]
    program = edited(before)
    with livepatch.session():
        program.to(after)
        assert program.here(expression) == old
        assert program.there(expression) == new
    fresh = {"__name__": "app", "__spec__": None}
    exec(after, fresh)
    after_all = program.here(expression)
    expected = outcome(
        expression,
        type(
            "m",
            (),
            {
                key: staticmethod(value) if inspect.isfunction(value) else value
                for key, value in fresh.items()
            },
        ),
    )
    assert after_all == expected
    livepatch.undo()
    assert program.here(expression) == old
    livepatch.redo()
    assert program.here(expression) == expected


ADDED_BY_UNDO = {
    "a removed name",
    "a removed method",
    "a removed property",
    "a removed operator",
}
"""What comes back is new to the session, whose own code does not know of it."""


@pytest.mark.parametrize("name", EDITS)
def test_an_undo_is_an_edit_like_any_other(edited, name):
    before, after, expression, old, _ = EDITS[name]
    program = edited(before)
    program.to(after)
    new = program.here(expression)
    with livepatch.session():
        livepatch.undo()
        if name != "a removed operator":
            assert program.there(expression) == old
        assert program.here(expression) == (old if name in ADDED_BY_UNDO else new)
    assert program.here(expression) == old


def test_three_versions_run_side_by_side(edited):
    program = edited("RATE = 1\ndef f():\n    return (RATE, 1)\nclass C:\n    x = 1\n")
    first = livepatch.session()
    second = livepatch.session()
    seen = []

    def look():
        return (program.here("m.f()"), program.here("m.C.x"))

    with first:
        program.to("RATE = 2\ndef f():\n    return (RATE, 2)\nclass C:\n    x = 2\n")

        def inside_second():
            with second:
                seen.append(look())
                run_in_first(
                    lambda: program.to(
                        "RATE = 3\ndef f():\n    return (RATE, 3)\nclass C:\n    x = 3\n"
                    )
                )
                seen.append(look())

        def run_in_first(call):
            with first.resumed():
                call()

        program.elsewhere(inside_second)
        assert look() == ((1, 1), 1)
        assert program.elsewhere(look) == ((3, 3), 3)
    assert seen == [((2, 2), 2), ((2, 2), 2)]
    assert look() == ((3, 3), 3)


def test_a_patch_on_top_of_a_patch_keeps_defaults_closures_and_line_numbers(edited):
    program = edited("def f(a, b=[]):\n    b.append(a)\n    return len(b)\n")
    program.module.f(0)
    with livepatch.session():
        program.to("def f(a, b=[], c=0):\n    b.append(a)\n    return len(b) + c\n")
        assert program.here("m.f(1)") == 2
        program.to(
            "\n\ndef f(a, b=[], c=0, d=0):\n    b.append(a)\n    return len(b) + c + d\n"
        )
        assert program.here("m.f(1)") == 3
        assert program.there("m.f(1)") == 4
    assert program.here("m.f(1, d=10)") == 15
    assert program.module.f.__code__.co_firstlineno == 3
    assert inspect.signature(program.module.f).parameters.keys() == {"a", "b", "c", "d"}


def test_closures_that_live_follow_every_patch_and_each_session_its_own(edited):
    text = "def make(n):\n    def f():\n        return n * 1\n    return f\n"
    program = edited(text)
    kept = [program.module.make(n) for n in (1, 2, 3)]
    with livepatch.session():
        for factor in (10, 100):
            program.to(text.replace("n * 1", f"n * {factor}"))
            assert [f() for f in kept] == [1, 2, 3]
            assert program.elsewhere(lambda: [f() for f in kept]) == [
                factor,
                2 * factor,
                3 * factor,
            ]
    assert [f() for f in kept] == [100, 200, 300]


def test_a_recursion_stays_in_its_version(edited):
    text = "def f(n):\n    return 0 if not n else 1 + f(n - 1)\n"
    program = edited(text)
    with livepatch.session():
        program.to(text.replace("1 + f", "2 + f"))
        assert program.here("m.f(5)") == 5
        assert program.there("m.f(5)") == 10


def test_the_other_names_of_a_value_follow_the_session_too(project, elsewhere):
    project.write("rates.py", "RATE = 1\ndef tax():\n    return 1\n")
    app = project.start(
        "app", "from rates import RATE, tax\ndef f():\n    return RATE + tax()\n"
    )
    with livepatch.session():
        project.write("rates.py", "RATE = 10\ndef tax():\n    return 20\n")
        assert project.refresh().ok
        assert app.f() == 2
        assert elsewhere(app.f) == 30
    assert app.f() == 30
    assert not [name for name in vars(app) if "@" in name]
    assert not [name for name in vars(sys.modules["rates"]) if "@" in name]


def test_what_old_code_stores_in_a_module_is_stored(edited):
    program = edited(
        "COUNT = 0\nSTEP = 1\ndef f():\n    global COUNT\n    COUNT += STEP\n    return COUNT\n"
    )
    with livepatch.session():
        program.to(
            "COUNT = 0\nSTEP = 5\ndef f():\n    global COUNT\n    COUNT += STEP\n    return COUNT\n"
        )
        assert program.here("m.f()") == 1
        assert program.there("m.f()") == 6
    assert program.module.COUNT == 6


def test_a_refused_patch_changes_nothing_for_anybody(edited):
    program = edited("def f():\n    return 1\nX = f()\n")
    with livepatch.session():
        program.project.write("app.py", "def f():\n    return 2\nX = f() / 0\n")
        assert not program.project.refresh().ok
        assert (program.here("m.f()"), program.there("m.f()")) == (1, 1)
    assert program.here("m.f()") == 1
    program.to("def f():\n    return 3\nX = 0 + f()\n")
    assert program.module.X == program.module.f() == 3


def names_in(module):
    """Give the names of the module and of its class, without those of old values."""
    names = {name for name in vars(module) if "@" not in name}
    return (
        names,
        set(vars(module.C)),
        [name for name in dir(module.C) if hasattr(module.C, name)],
    )


def test_a_refused_patch_leaves_nothing_behind_while_a_session_is_open(edited):
    text = "X = 1\nclass C:\n    def f(self):\n        return 1\n"
    program = edited(text)
    more = "    y = 1\n    def __len__(self):\n        return 3\n    def g(self):\n        return 2\n"
    with livepatch.session():
        program.to(text.replace("return 1", "return 2"))
        seen = names_in(program.module)
        program.project.write("app.py", f"{text}{more}X, Y = 2, 3\nZ = 4\n1 / 0\n")
        assert not program.project.refresh().ok
        assert names_in(program.module) == seen
        assert program.there("m.C().g()") is AttributeError
        program.project.write("app.py", text)
        assert program.project.refresh().ok


def test_what_a_patch_adds_is_gone_for_older_sessions_when_it_is_undone(edited):
    text = "class C:\n    def f(self):\n        return 1\n"
    program = edited(text)
    with livepatch.session():
        program.to(
            text + "    def g(self):\n        return 2\n    rate = 3\ndef h():\n    return 4\n"
        )
        livepatch.undo()
        for look in (program.here, program.there):
            assert look("hasattr(m.C, 'g')") is False
            assert look("hasattr(m.C(), 'rate')") is False
            assert look("hasattr(m, 'h')") is False


def test_a_statement_that_calls_changed_code_sees_it_before_anybody_else(edited):
    program = edited(
        "def rate():\n    return 1\nRATE = rate()\ndef f():\n    return (RATE, rate())\n"
    )
    program.module.seen = []
    with livepatch.session():
        program.to(
            "import app\ndef rate():\n    return 2\nseen.append(rate())\nRATE = 0 + rate()\ndef f():\n    return (RATE, rate())\n"
        )
        assert program.module.seen == [2]
        assert program.here("m.f()") == (1, 1)
        assert program.there("m.f()") == (2, 2)
    assert program.here("m.f()") == (2, 2)


def test_cached_answers_do_not_cross_versions(edited):
    text = "import functools\n@functools.lru_cache\ndef f(n):\n    return n + 1\ndef g(n):\n    return f(n)\n"
    program = edited(text)
    with livepatch.session():
        program.to(text.replace("n + 1", "n + 2"))
        assert program.here("m.g(0)") == 1
        assert program.there("m.g(0)") == 2
        assert program.here("m.g(5)") == 6
        assert program.there("m.g(5)") == 7
    assert program.here("m.g(5)") == 7


def test_introspection_sees_no_difference(edited):
    program = edited(
        "import functools\nasync def f(a: int, *, b=1):\n    'Doc.'\n    return 1\n"
    )
    with livepatch.session():
        program.to("import functools\nasync def f(a: int, *, b=1):\n    'Doc.'\n    return 2\n")
        f = program.module.f
        assert inspect.iscoroutinefunction(f)
        assert str(inspect.signature(f)) == "(a: int, *, b=1)"
        assert f.__code__.co_varnames[:2] == ("a", "b")
        assert (f.__doc__, f.__name__, f.__code__.co_firstlineno) == ("Doc.", "f", 2)
        program.to(
            "import functools\nasync def f(a: str, c, *, b=1):\n    'Doc.'\n    return 2\n"
        )
        assert str(inspect.signature(f)) == "(a: str, c, *, b=1)"
    assert str(inspect.signature(program.module.f)) == "(a: str, c, *, b=1)"
    assert not vars(program.module.f)


def test_nothing_is_layered_when_no_session_is_open(edited):
    program = edited("def f():\n    return 1\n")
    with livepatch.session():
        pass
    program.to("def f():\n    return 2\n")
    assert not SESSIONS.is_layered()
    code = program.module.f.__code__
    with livepatch.session():
        assert program.module.f.__code__ is code


def test_partial_and_bound_methods_that_the_session_holds_stay_old(edited):
    program = edited("class C:\n    def f(self, a):\n        return a + 1\n")
    bound = program.module.C().f
    part = functools.partial(program.module.C.f, None)
    with livepatch.session():
        program.to("class C:\n    def f(self, a):\n        return a + 2\n")
        assert (bound(0), part(0)) == (1, 1)
        assert program.elsewhere(lambda: (bound(0), part(0))) == (2, 2)


def test_state_that_functions_assign_to_has_one_value_for_everybody(edited):
    text = "COUNT = {}\ndef f():\n    global COUNT\n    COUNT += 1\n    return COUNT\n"
    program = edited(text.format(0))
    with livepatch.session():
        assert program.here("m.f()") == 1
        program.to(text.format(100))
        assert program.here("m.f()") == 101
        assert program.there("m.f()") == 102
    assert program.here("m.f()") == 103


def test_functions_that_live_in_closures_keep_the_values_that_they_read(edited):
    text = "RATE = {}\ndef make():\n    def view():\n        return RATE\n    return view\n"
    program = edited(text.format(1))
    view = program.module.make()
    with livepatch.session():
        program.to(text.format(2))
        assert view() == 1
        assert program.elsewhere(view) == 2
    assert view() == 2


def test_a_removed_import_is_gone_where_the_value_is_new_and_sessions_are_in_use(project):
    with livepatch.session():
        pass  # what a patch writes early is hidden from now on
    project.start("lib", "X = [1]\n")
    user = project.start("user", "from lib import X\n\n\ndef f():\n    return X\n")
    app = project.start("app", "import user\n\nY = user.f()\n")
    project.write("lib.py", "X = [2]\n")
    project.write("user.py", "def f():\n    return 3\n")
    project.write("app.py", "import user\n\nY = user.f() + 1\n")
    assert project.refresh().ok
    assert app.Y == 4
    assert not hasattr(user, "X")
