"""A name that several statements of one scope bind: the last one decides, as in a fresh start."""

import pytest

import livepatch

FILLER = "".join(f"\n\ndef filler_{n}():\n    return {n}\n" for n in range(30))
GIVES_THE_FALLBACK_UP = "try:\n    import json\nexcept ImportError:\n    json = None\n"

LIKE_A_FRESH_START = {
    "goes on from a changed value": ("X = 1\n", "X = 5\n", "X = X + 1\n", "X"),
    "adds to a changed value": ("X = [1]\n", "X = [5]\n", "X += [2]\n", "X"),
    "goes on under a condition": ("X = 1\n", "X = 5\n", "if X:\n    X = X + 1\n", "X"),
    "would under another condition": ("X = 1\n", "X = 5\n", "if not X:\n    X = 9\n", "X"),
    "imports after a fallback": ("Y = 1\n", "json = None\n", GIVES_THE_FALLBACK_UP, "json.dumps(1)"),
    "is a function": ("Y = 1\n", "f = None\n", "def f():\n    return 1\n", "f()"),
    "is a decorated function": (
        "import functools\n\n@functools.cache\ndef g():\n    return 2\n",
        "import functools\n\n@functools.cache\ndef f():\n    return 2\n",
        "def f():\n    return 1\n",
        "f()",
    ),
    "is a class": ("class D:\n    x = 2\n", "class C:\n    x = 2\n", "class C:\n    x = 1\n", "C.x"),
    "is a value": ("Y = 1\n", "X = 8\n", "X = 7\n", "X"),
    "is annotated": ("X: int\n", "X: int = 8\n", "X = 7\n", "X"),
}  # fmt: skip
TAKEN_AWAY = {
    "a value": ("X = 1\n", "X = 2\n", "X"),
    "a condition": ("X = 1\n", "if X:\n    X = 2\n", "X"),
    "a sum": ("X = 1\n", "X += 2\n", "X"),
    "what hid a function": ("def f():\n    return 1\n", "f = None\n", "callable(f) and f()"),
    "what was added to a list": ("X = ['a']\n", "X += ['b']\n", "X"),
}


def fresh(text, expression):
    namespace = {"__name__": "app"}
    exec(text, namespace)
    return eval(expression, namespace)


@pytest.fixture
def edited(project):
    """Give what applies an edit of a module and compares a value with a fresh start's."""

    def apply(before, after, expression):
        app = project.start("app", before)
        project.write("app.py", after)
        patch = project.refresh()
        assert patch.ok
        assert eval(expression, vars(app)) == fresh(after, expression)
        project.write("app.py", before)
        assert project.refresh().ok
        return app, patch

    return apply


@pytest.mark.parametrize("between", ["", FILLER], ids=["beside it", "far below it"])
@pytest.mark.parametrize("what", LIKE_A_FRESH_START)
def test_what_is_below_an_edit_and(edited, what, between):
    before, after, below, expression = LIKE_A_FRESH_START[what]
    edited(before + between + below, after + between + below, expression)


@pytest.mark.parametrize("between", ["", FILLER], ids=["beside it", "far below it"])
@pytest.mark.parametrize("what", TAKEN_AWAY)
def test_what_is_taken_away_below_a_binding_shows_it_again(edited, what, between):
    above, below, expression = TAKEN_AWAY[what]
    edited(above + between + below, above + between, expression)


@pytest.mark.parametrize("what", TAKEN_AWAY)
def test_what_is_bound_again_below_a_binding_counts(edited, what):
    above, below, expression = TAKEN_AWAY[what]
    edited(above + FILLER, above + FILLER + below, expression)


def test_a_sum_that_changed_is_not_added_to_what_it_gave_before(edited):
    edited("X = 1\nX += 2\n", "X = 1\nX += 3\n", "X")


def test_a_sum_above_the_statement_that_decides_leaves_its_list_alone(edited):
    text = "X = 1\n{}\n\ndef f():\n    return 1\n\n\nX = [2]\n"
    edited(text.format(""), text.format("X *= 2\n"), "X")
    edited(text.format("X *= 2\n"), text.format("X *= 3\n"), "X")


def test_a_statement_that_comes_twice_runs_twice(edited):
    far = "\n\ndef f():\n    return 1\n" * 5
    edited(f"X = 3\n{far}X *= 2\n", f"X = 3\n{far}X *= 2\n\nX *= 2\n", "X")


def test_a_statement_that_moved_below_another_one_of_its_name_decides(edited):
    edited("X = 1\n\nX = 2\n", "X = 2\n\nX = 1\n", "X")
    body = "class C:\n    X = {}\n    X = {}\n"
    edited(body.format(1, 2), body.format(2, 1), "C.X")


def test_a_class_attribute_follows_the_last_statement_that_binds_it(edited):
    body = "class C:\n    X = {}\n    f = None\n    X = X + 1\n    def f(self):\n        return {}\n"
    edited(body.format(1, 1), body.format(5, 2), "C.X, C().f()")


def test_a_decorated_function_that_another_one_hid_is_back_when_that_one_is_gone(edited):
    text = "import functools\n\n@functools.lru_cache\ndef f(x):\n    return x\n"
    edited(text + "\ndef f(x):\n    return -x\n", text, "f(1), f.cache_info().maxsize")
    other = text.replace("return x", "return x + 1")
    edited(text + "\ndef f(x):\n    return -x\n", other, "f(1), f.cache_info().maxsize")


def test_a_hidden_function_that_is_decorated_now_stays_hidden(edited):
    text = "import functools\n\n{}\n\ndef f(x):\n    return 1\n\n\ndef f(x):\n    return 2\n"
    plain, decorated = (
        "def {}(x):\n    return 3",
        "@functools.lru_cache\ndef {}(x):\n    return 4",
    )
    before = plain.format("f") + "\n\n\n" + decorated.format("g")
    after = plain.format("g") + "\n\n\n" + decorated.format("f")
    edited(text.format(before), text.format(after), "f(1), g(1)")


def test_a_value_is_kept_where_what_computes_it_below_would_have_to_be_called_again(project):
    calls = []
    app = project.start("app", "def load(x): return CALLS.append(x) or x\nCALLS = []\nX = 1\n")
    vars(app)["CALLS"] = calls
    project.write(
        "app.py", "def load(x): return CALLS.append(x) or x\nCALLS = []\nX = 1\nX = load(X)\n"
    )
    assert project.refresh().ok
    assert (app.X, calls) == (1, [1])
    project.write(
        "app.py", "def load(x): return CALLS.append(x) or x\nCALLS = []\nX = 5\nX = load(X)\n"
    )
    patch = project.refresh()
    assert (app.X, calls) == (1, [1])
    [note] = patch.notes
    assert (note.slug, note.qualname, note.line) == ("stale-value", "X", 4)


def test_what_is_taken_away_above_nothing_but_a_call_is_named(project):
    text = "X = len('a')\nX = 2\n\nclass C:\n    Y = len('a')\n    Y = 2\n"
    app = project.start("app", text)
    project.write("app.py", text.replace("X = 2\n", "").replace("    Y = 2\n", ""))
    notes = project.refresh().notes
    assert (app.X, app.C.Y) == (2, 2)
    found = {(note.slug, note.qualname, note.line) for note in notes}
    assert found == {("stale-value", "X", 1), ("stale-value", "C.Y", 4)}


def test_nothing_under_the_main_guard_runs_or_is_spoken_of(project):
    text = "X = {}\nX = X + 1\nif __name__ == '__main__':\n    X = 9\n"
    app = project.start("app", text.format(1))
    project.write("app.py", text.format(5))
    assert project.refresh().notes == ()
    assert app.X == 6


def test_statements_that_changed_places_above_one_that_goes_on_from_them(edited):
    old = "A = 1\nA = 2\n\ndef f():\n    return A\n\nclass Between:\n    pass\n\nA = (A, 3)\n"
    edited(old, old.replace("A = 1\nA = 2\n", "A = 2\nA = 1\n"), "A, f()")


def test_importers_follow_to_what_the_last_statement_gives(project):
    app = project.start("app", "G = [1]\n")
    user = project.start("user", "from app import G\n")
    project.write("app.py", "G = [1]\nG = (G, 2)\n")
    assert project.refresh().ok
    assert user.G is app.G
    assert user.G == ([1], 2)


def test_state_is_kept_where_another_statement_that_may_bind_it_changes(project):
    text = "OFF = False\nCACHE = {{}}\nif OFF:\n    CACHE = {{1: {}}}\n"
    app = project.start("app", text.format(1))
    app.CACHE["kept"] = True
    project.write("app.py", text.format(2))
    assert project.refresh().ok
    assert app.CACHE == {"kept": True}


def test_what_filled_a_container_that_is_made_anew_is_named(project):
    project.start("app", "X = []\nfor i in 'ab':\n    X.append(i)\n")
    project.write("app.py", "X = ['z']\nfor i in 'ab':\n    X.append(i)\n")
    [note] = project.refresh().notes
    assert (note.slug, note.line) == ("stale-value", 3)
    assert "works on X" in note.message


WRAPPERS = """\
def note(f):
    return lambda *a: ("note", f(*a))

def tell(f):
    return lambda *a: ("tell", f(*a))

"""


@pytest.mark.parametrize("body", ["a", "a + 1"])
@pytest.mark.parametrize(
    ("before", "after"),
    [("f = note(f)", "f = tell(f)"), ("f = note(f)", ""), ("", "f = note(f)"),
     ("f = note(f)", "f = note(f)\nf = tell(f)"), ("f = note(f)\nf = tell(f)", "f = tell(f)")],
)  # fmt: skip
def test_a_function_that_is_wrapped_by_hand_is_wrapped_as_the_text_says(
    edited, before, after, body
):
    old = f"{WRAPPERS}def f(a):\n    return a\n{before}\n"
    edited(old, f"{WRAPPERS}def f(a):\n    return {body}\n{after}\n", "f(1)")


def test_what_wraps_a_function_by_hand_gets_the_function_that_it_wrapped_before(project):
    text = "SEEN = {{}}\ndef keep(f, key):\n    SEEN[key] = f\n    return f\ndef f():\n    return 1\nf = keep(f, {})\n"
    app = project.start("app", text.format(1))
    project.write("app.py", text.format(2))
    assert project.refresh().ok
    assert app.SEEN[1] is app.SEEN[2] is app.f


def test_a_method_that_is_made_another_kind_by_hand_is_of_that_kind(edited):
    text = "class C:\n    def g(self):\n        return 1\n    g = {}(g)\n"
    edited(text.format("staticmethod"), text.format("property"), "C().g")


def test_a_name_of_the_branch_that_is_not_taken_any_more_goes(project):
    text = "if {}:\n    A = 1\nelse:\n    B = 2\n"
    app = project.start("app", text.format("1 < 2"))
    project.write("app.py", text.format("1 > 2"))
    assert project.refresh().ok
    assert (hasattr(app, "A"), app.B) == (False, 2)
    livepatch.undo()
    assert (app.A, hasattr(app, "B")) == (1, False)


def test_a_name_stays_where_its_statement_asks_whether_it_is_there(project):
    text = "if 'CACHE' not in globals():\n    CACHE = {{{}: 2}}\n"
    app = project.start("app", text.format(1))
    project.write("app.py", text.format(3))
    assert project.refresh().ok
    assert app.CACHE == {1: 2}
