"""A session runs one version from start to end, whatever is patched meanwhile."""

import asyncio
import inspect

import pytest

import livepatch

WRAPS = "import functools\ndef deco(g):\n    @functools.wraps(g)\n    def w(*a):\n        return g(*a)\n    return w\n"
SHAPES = {
    "a function": ("def f():\n    return 1\n", "m.f()"),
    "a function with parameters": ("def f(a, /, b=2, *c, d=4, **e):\n    return 1\n", "m.f(0, d=5, x=3)"),
    "a method": ("class C:\n    def f(self):\n        return 1\n", "m.C().f()"),
    "a class method": ("class C:\n    @classmethod\n    def f(cls):\n        return 1\n", "m.C.f()"),
    "a static method": ("class C:\n    @staticmethod\n    def f():\n        return 1\n", "m.C.f()"),
    "a property": ("class C:\n    @property\n    def f(self):\n        return 1\n", "m.C().f"),
    "an operator": ("class C:\n    def __len__(self):\n        return 1\n", "len(m.C())"),
    "a generator": ("def f():\n    yield 1\n", "next(m.f())"),
    "a coroutine": ("async def f():\n    return 1\n", "asyncio.run(m.f())"),
    "an asynchronous generator": ("async def f():\n    yield 1\n", "asyncio.run(m.f().__anext__())"),
    "a closure": ("def make():\n    x = 0\n    def f():\n        return x + 1\n    return f\nf = make()\n", "m.f()"),
    "a lambda": ("f = lambda: 1\n", "m.f()"),
    "a decorated function": (WRAPS + "@deco\ndef f():\n    return 1\n", "m.f()"),
    "a method that calls super": (
        "class B:\n    def f(self):\n        return 0\nclass C(B):\n    def f(self):\n        return super().f() + 1\n", "m.C().f()"),
    "a function that reads a name": ("RATE = 1\ndef f():\n    return RATE\n", "m.f()"),
    "a function that reads a name in a comprehension": ("RATE = 1\ndef f():\n    return [RATE for _ in 'x'][0]\n", "m.f()"),
    "a class attribute": ("class C:\n    rate = 1\n", "m.C().rate"),
    "a class attribute through the class": ("class C:\n    rate = 1\n", "m.C.rate"),
    "a private method": ("class C:\n    def __f(self):\n        return 1\n    def g(self):\n        return self.__f()\n", "m.C().g()"),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_session_keeps_the_version_of(project, elsewhere, shape):
    before, expression = SHAPES[shape]
    m = project.start("shape", before)
    space = {"m": m, "asyncio": asyncio}
    with livepatch.session():
        project.write("shape.py", before.replace("1", "7"))
        assert project.refresh().ok
        assert eval(expression, space) == 1
        assert elsewhere(lambda: eval(expression, space)) == 7
        project.write("shape.py", before.replace("1", "8"))
        assert project.refresh().ok
        assert eval(expression, space) == 1
        assert elsewhere(lambda: eval(expression, space)) == 8
        with_kind = getattr(m, "f", None)
        if inspect.iscoroutinefunction(with_kind) != (
            "async def f" in before and "return" in before
        ):
            pytest.fail("the kind of the function changed")
    assert eval(expression, space) == 8
    livepatch.undo()
    assert eval(expression, space) == 7
    livepatch.redo()
    assert eval(expression, space) == 8
