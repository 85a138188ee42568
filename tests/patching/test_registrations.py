"""What decorators put into containers, when they run again: once for each definition, as it is now."""

import pytest

import livepatch

TABLE = """
TABLE = {}
def put(key):
    def decorate(f):
        TABLE[key] = f
        return f
    return decorate
"""
LISTS = """
TABLE = {}
def put(key):
    def decorate(f):
        TABLE.setdefault(key, []).append(f)
        return f
    return decorate
"""
HOOKS = """
import functools
HOOKS = []
def hook(f):
    HOOKS.append(f)
    return f
"""
RANKED = """
HOOKS = []
def hook(rank):
    def decorate(f):
        HOOKS.append((rank, f))
        HOOKS.sort(key=lambda pair: pair[0])
        return f
    return decorate
"""
WRAPPED = """
import functools
HOOKS = []
def log(x):
    return x
def hook(n, log=log):
    def decorate(f):
        @functools.wraps(f)
        def wrapper():
            return n, log(f())
        HOOKS.append(wrapper)
        return wrapper
    return decorate
"""
OBJECT = """
class App:
    def __init__(self):
        self.routes = {}
        self.hooks = []
    def route(self, path):
        def decorate(f):
            self.routes[path] = f
            return f
        return decorate
    def on(self, f):
        self.hooks.append(f)
        return f
app = App()
"""
NAMED = """
class Base:
    known = {}
    def __init_subclass__(cls, name=None):
        cls.known[name] = cls
"""
LISTED = """
class Base:
    known = []
    def __init_subclass__(cls, **_):
        Base.known.append(cls)
class Other:
    pass
"""
META = """
KNOWN = []
class Meta(type):
    def __new__(meta, name, bases, space, **_):
        return super().__new__(meta, name, bases, space)
    def __init__(cls, *_, **__):
        KNOWN.append(cls)
"""
F, G, H = "def f(): return 'f'", "def g(): return 'g'", "def h(): return 'h'"


def three(one, two, three):
    """Give three functions with these decorators."""
    return "\n".join(f"{d}\n{f}" if d else f for d, f in zip((one, two, three), (F, G, H)))  # noqa: B905


CASES = {
    "another key": (TABLE, "@put('a')\n" + F, "@put('b')\n" + F, "TABLE == {'b': f}"),
    "another key of a class": (TABLE, "@put('a')\nclass f: pass", "@put('b')\nclass f: pass", "TABLE == {'b': f}"),
    "one key of two": (TABLE, "@put('a')\n@put('c')\n" + F, "@put('b')\n@put('c')\n" + F, "TABLE == {'b': f, 'c': f}"),
    "another key of lists": (LISTS, "@put('a')\n" + F, "@put('b')\n" + F, "TABLE == {'b': [f]}"),
    "another decorator beside it": (HOOKS, three("@hook", "@hook", "@hook"), three("@hook", "@hook\n@functools.cache", "@hook"), "HOOKS == [f, g, h]"),
    "a decorator that is gone": (HOOKS, three("@hook", "@hook", "@hook"), three("@hook", "", "@hook"), "HOOKS == [f, h]"),
    "a decorator that came": (HOOKS, three("@hook", "", "@hook"), three("@hook", "@hook", "@hook"), "HOOKS == [f, h, g]"),
    "another rank": (RANKED, three("@hook(1)", "@hook(2)", "@hook(3)"), three("@hook(5)", "@hook(2)", "@hook(3)"), "HOOKS == [(2, g), (3, h), (5, f)]"),
    "wrappers with a helper in common": (WRAPPED, three("@hook(1)", "@hook(1)", "@hook(1)"), three("@hook(1)", "@hook(2)", "@hook(1)"), "HOOKS == [f, g, h] and [x() for x in HOOKS] == [(1, 'f'), (2, 'g'), (1, 'h')]"),
    "containers of an object": (OBJECT, "@app.route('/a')\n@app.on\n" + F, "@app.route('/b')\n@app.on\n" + F, "app.routes == {'/b': f} and app.hooks == [f]"),
    "another keyword of a class": (NAMED, "class D(Base, name='a'): pass", "class D(Base, name='b'): pass", "Base.known == {'b': D}"),
    "another base of a class": (LISTED, "class D(Base): pass\nclass E(Base): pass", "class D(Other, Base): pass\nclass E(Base): pass", "Base.known == [D, E]"),
    "another keyword for a metaclass": (META, "class D(metaclass=Meta, a=1): pass", "class D(metaclass=Meta, a=2): pass", "KNOWN == [D]"),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_an_edit_leaves_one_registration_after(project, what):
    top, before, after, truth = CASES[what]
    module = project.start("app", top + before)
    before = shown(module)
    project.write("app.py", top + after)
    assert project.refresh().ok
    assert eval(truth, vars(module))
    livepatch.undo()
    assert shown(module) == before
    livepatch.redo()
    assert eval(truth, vars(module))


def shown(module):
    """Give what is in all dicts and lists of the program."""
    names = [name for name in ("app", "Base") if name in vars(module)]
    return [
        repr(value)
        for owner in [module, *(vars(module)[name] for name in names)]
        for name, value in vars(owner).items()
        if type(value) in {dict, list} and name[:2] != "__"
    ]


def test_a_hook_that_came_with_a_patch_goes_with_an_undo(project):
    app = project.start("app", HOOKS + three("@hook", "", ""))
    project.write("app.py", HOOKS + three("@hook", "", "") + "\n@hook\ndef new(): return 'n'\n")
    assert project.refresh().ok
    assert [hook() for hook in app.HOOKS] == ["f", "n"]
    livepatch.undo()
    assert [hook() for hook in app.HOOKS] == ["f"]
    livepatch.redo()
    assert [hook() for hook in app.HOOKS] == ["f", "n"]


def test_functions_of_one_name_are_told_apart(project):
    text = TABLE + "\n".join(f"@put('{key}')\ndef _(): return '{key}'" for key in "abc")
    app = project.start("app", text)
    last = app._
    project.write("app.py", text.replace("put('b')", "put('x')"))
    assert project.refresh().ok
    assert {key: f() for key, f in app.TABLE.items()} == {"a": "a", "x": "b", "c": "c"}
    assert app._ is last


def test_a_decorator_in_a_branch_that_is_not_taken_any_more_leaves_the_name_alone(project):
    text = (
        "import functools\nif {}:\n    {}def f(): return 1\nelse:\n    {}def f(x): return x\n"
    )
    cache = "@functools.cache\n    "
    app = project.start("app", text.format("False", "", ""))
    held = app.f
    project.write("app.py", text.format("True", cache, ""))
    assert project.refresh().ok
    project.write("app.py", text.format("True", cache, cache))
    assert project.refresh().ok
    assert app.f() == 1
    assert held(3) == 3
