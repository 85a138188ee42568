"""Values that came by changed code without its name: each is named, and nothing else is."""

import pytest

STALE = {
    "a function that calls it": (
        "def rate():\n    return {}\n\n\ndef price():\n    return rate() + 1\n\n\nPRICE = price()\n",
        "PRICE",
    ),
    "two functions": (
        "def a():\n    return {}\n\n\ndef b():\n    return a()\n\n\ndef c():\n    return b()\n\n\nX = c()\n",
        "X",
    ),
    "a class that calls it": (
        "def a():\n    return {}\n\n\nclass C:\n    def __init__(self):\n        self.x = a()\n\n\nX = C().x\n",
        "X",
    ),
    "a method of an instance": (
        "class C:\n    def m(self):\n        return {}\n\n\nc = C()\nX = c.m()\n",
        "X",
    ),
    "a method of a new instance": (
        "class C:\n    def m(self):\n        return {}\n\n\nX = C().m()\n",
        "X",
    ),
    "an inherited method": (
        "class B:\n    def m(self):\n        return {}\n\n\nclass C(B):\n    pass\n\n\nX = C().m()\n",
        "X",
    ),
    "a property": (
        "class C:\n    @property\n    def m(self):\n        return {}\n\n\nc = C()\nX = c.m\n",
        "X",
    ),
    "a function that it was given to": (
        "def key(x):\n    return x * {}\n\n\nX = sorted([1, -2], key=key)\n",
        "X",
    ),
    "a condition": (
        "FLAG = {}\n\nif FLAG > 1:\n    def f():\n        return 1\nelse:\n    def f():\n        return 2\n",
        "f",
    ),
    "an import under a condition": (
        "FLAG = {}\n\nif FLAG > 1:\n    import json as j\nelse:\n    import csv as j\n",
        "j",
    ),
    "the value of a member": (
        "import enum\n\n\nclass E(enum.Enum):\n    A = {}\n\n\nX = E.A.value\n",
        "X",
    ),
    "a function that reads a value": (
        "N = {}\n\n\ndef f():\n    return N\n\n\ndef g():\n    return [f() for _ in range(2)]\n\n\nX = g()\n",
        "X",
    ),
    "a method that reads a value": (
        "N = {}\n\n\nclass C:\n    def m(self):\n        return N\n\n\nX = C().m()\n",
        "X",
    ),
    "a function that reads an attribute of a class": (
        "class C:\n    n = {}\n\n\ndef f():\n    return C.n\n\n\nX = f()\n",
        "X",
    ),
    "a function that asks an instance": (
        "class C:\n    def m(self):\n        return {}\n\n\nc = C()\n\n\ndef f():\n    return c.m()\n\n\nX = f()\n",
        "X",
    ),
    "a method of a class that inherits what changed": (
        "class B:\n    n = {}\n\n\nclass C(B):\n    def m(self):\n        return self.n\n\n\nX = C().m()\n",
        "X",
    ),
    "a cache around what calls it": (
        "import functools\n\n\ndef a():\n    return {}\n\n\n@functools.cache\ndef f():\n    return a()\n\n\nf()\n",
        "f",
    ),
    "a cache in a class around what reads a value": (
        "import functools\n\nN = {}\n\n\nclass C:\n    @functools.lru_cache\n    def m(self):\n        return N\n\n\nC().m()\n",
        "C.m",
    ),
    "another name": ("def a():\n    return {}\n\n\nb = a\nX = b()\n", "X"),
    "a lambda": ("N = {}\nf = lambda: N\nX = f()\n", "X"),
    "a lambda that changed": ("f = lambda: {}\nX = f()\n", "X"),
    "a lambda of a class": (
        "class C:\n    f = staticmethod(lambda: 0)\n    g = lambda self: {}\n\n\nX = C().g()\n",
        "X",
    ),
    "a partial function": (
        "import functools\n\n\ndef a(x):\n    return x * {}\n\n\np = functools.partial(a, 2)\nX = p()\n",
        "X",
    ),
    "a table of functions": (
        "def a():\n    return {}\n\n\nT = dict(a=a)\nX = T['a']()\n",
        "X",
    ),
    "a function that looks into a table": (
        "def a():\n    return {}\n\n\nT = [a]\n\n\ndef f():\n    return T[0]()\n\n\nX = f()\n",
        "X",
    ),
    "a default": ("N = {}\n\n\ndef g():\n    return N\n\n\ndef f(x=g()):\n    return x\n", "f"),
    "an operator": (
        "class C:\n    def __add__(self, other):\n        return {}\n\n\nc = C()\nX = c + 1\n",
        "X",
    ),
    "a text of it": (
        "class C:\n    def __str__(self):\n        return '{}'\n\n\nc = C()\nX, Y = str(c), f'<{{c}}>'\n",
        "X, Y",
    ),
    "a loop over it": (
        "class C:\n    def __iter__(self):\n        return iter([{}])\n\n\nc = C()\nfor x in c:\n    pass\n",
        "x",
    ),
    "a hook of its base": (
        "class B:\n    def __init_subclass__(cls):\n        cls.n = {}\n\n\nclass C(B):\n    pass\n\n\nclass D(C):\n    pass\n",
        "C D",
    ),
    "its metaclass": (
        "class M(type):\n    def __init__(cls, *args):\n        cls.n = {}\n\n\nclass C(metaclass=M):\n    pass\n",
        "C",
    ),
    "the members of a class": (
        "class C:\n    n = {}\n\n\nX = dict(vars(C))\nY = [k for k in C.__dict__]\n",
        "X Y",
    ),
    "a loop over the members of a class": (
        "class C:\n    n = {}\n\n\nfor name, value in list(C.__dict__.items()):\n    pass\n",
        "name, value",
    ),
    "a loop over an enumeration": (
        "import enum\n\n\nclass E(enum.Enum):\n    A = {}\n\n\nfor one in E:\n    pass\n\nX = {{each for each in E}}\n",
        "X one",
    ),
    "a decorator that keeps what it computed": (
        "def a():\n    return {}\n\n\ndef deco(f):\n    n = a()\n\n    def w():\n        return n\n\n    return w\n\n\n@deco\ndef f():\n    pass\n",
        "f",
    ),
    "a decorator with arguments that keeps what it computed": (
        "def a():\n    return {}\n\n\ndef deco(k):\n    def wrap(f):\n        n = a() + k\n\n        def w():\n            return n\n\n        return w\n\n    return wrap\n\n\n@deco(3)\ndef f():\n    pass\n",
        "f",
    ),
    "a decorator of a class": (
        "def method(self):\n    return 1\n\n\ndef build(cls):\n    cls.n = {}\n    return cls\n\n\ndef deco(cls=None):\n    def wrap(cls):\n        return build(cls)\n\n    return wrap if cls is None else wrap(cls)\n\n\n@deco\nclass C:\n    pass\n\n\n@deco()\nclass D:\n    pass\n",
        "C D",
    ),
    "a decorator that calls a function of its own": (
        "def deco(f):\n    def n():\n        return {}\n\n    k = n()\n\n    def w():\n        return k\n\n    return w\n\n\n@deco\ndef f():\n    pass\n",
        "f",
    ),
    "a function of its maker that was called": (
        "def make():\n    def n():\n        return {}\n\n    return (lambda f: f())(n)\n\n\nX = make()\n",
        "X",
    ),
    "a function from the other branch": (
        "if {} > 1:\n    def f():\n        return 1\nelse:\n    def f():\n        return 2\n\nX = f()\n",
        "X",
    ),
    "a loop": ("ROWS = [{}]\n\nfor row in ROWS:\n    LAST = row\n", "LAST row"),
}  # fmt: skip
NOT_STALE = {
    "a wrapper with a new body": "def deco(f):\n    def w():\n        return {}\n\n    return w\n\n\n@deco\ndef f():\n    pass\n",
    "a closure with a new body": "def make(n):\n    def step():\n        return n + {}\n\n    return step\n\n\nX = make(3)\n",
    "a wrapper that calls it": "def a():\n    return {}\n\n\ndef deco(k):\n    def wrap(f):\n        def w():\n            return a() + k\n\n        return w\n\n    return wrap\n\n\n@deco(3)\ndef f():\n    pass\n",
    "a function that a decorator left as it is": "def a():\n    return {}\n\n\ndef deco(f):\n    a()\n    return f\n\n\n@deco\ndef f():\n    pass\n",
    "a class that is handed on": "class C:\n    n = {}\n\n\ndef f(c):\n    return 1\n\n\nX = [C]\nY = f(C)\nZ: type = C\n",
    "what has it in an annotation": "A = {}\n\nX: A = 1\n\n\nclass C:\n    y: A = 2\n",
    "a member that has another value": "import enum\n\n\nclass E(enum.Enum):\n    A = {}\n\n\nX = E.A\nY = [E.A]\n",
    "what holds on to it": "import functools\n\n\ndef a():\n    return {}\n\n\nX = functools.partial(a)\n",
    "what was registered": "HOOKS = []\n\n\ndef a():\n    return {}\n\n\ndef reg(f):\n    HOOKS.append(f)\n    return f\n\n\nX = reg(a)\n",
    "a cache with no answer as yet": "import functools\n\n\ndef a():\n    return {}\n\n\n@functools.cache\ndef f():\n    return a()\n",
    "a value that a function of the same name in another class reads": "class B:\n    n = {}\n\n\nclass C:\n    n = 1\n\n    def m(self):\n        return self.n\n\n\nX = C().m()\n",
    "the length of a table": "def a():\n    return {}\n\n\nT = [a]\nX = len(T)\n",
    "an attribute of an instance": "class C:\n    n = 1\n\n    def __str__(self):\n        return '{}'\n\n\nc = C()\nX = c.n\n",
    "an instance that was handed on": "class C:\n    def __str__(self):\n        return '{}'\n\n\ndef f(c):\n    return 1\n\n\nX = f(C())\n",
    "an attribute of the same name": "n = {}\n\n\nclass C:\n    pass\n\n\nc = C()\nc.n = 1\n\n\ndef f():\n    return c.n\n\n\nX = f()\nn\n",
    "another method of that name": "class C:\n    def join(self):\n        return {}\n\n\nX = ','.join(['a'])\n",
    "an instance that makes its calls later": "def a():\n    return {}\n\n\nclass C:\n    def m(self):\n        return a()\n\n\nX = C()\n",
    "a function that mentions it in another one": "def a():\n    return {}\n\n\ndef make():\n    def inner():\n        return a()\n    return inner\n\n\nX = make()\n",
}  # fmt: skip


def stale_after(project, text):
    project.start("app", text.format(1))
    project.write("app.py", text.format(2))
    patch = project.refresh()
    assert patch.ok
    return {note.qualname for note in patch.notes if note.slug == "stale-value"}


@pytest.mark.parametrize("way", STALE)
def test_what_was_computed_by_way_of(project, way):
    text, name = STALE[way]
    names = {name} if "," in name else set(name.split())
    assert stale_after(project, text) == names


@pytest.mark.parametrize("what", NOT_STALE)
def test_what_can_not_be_stale_is_not_named(project, what):
    assert stale_after(project, NOT_STALE[what]) == set()


def test_a_module_that_imports_the_caller_is_told_of(project):
    project.write("low.py", "def a():\n    return 1\n")
    project.write("mid.py", "from low import a\n\n\ndef b():\n    return a()\n")
    for name in ("low", "mid"):
        project.load(name)
    project.start("app", "import mid\n\nX = mid.b()\n")
    project.write("low.py", "def a():\n    return 22\n")
    (note,) = project.refresh().notes
    assert note.qualname == "X"
    assert "was computed from mid.b, which uses what changed" in note.message
