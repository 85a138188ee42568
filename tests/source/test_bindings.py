"""Whether a text binds a name at its top level, seen without parsing it."""

import pytest

from livepatch.source.bindings import seems_to_bind

BOUND = [
    "X = 1", "X=1", "X: int = 1", "X, Y = 1, 2", "Y, X = 1, 2", "(Y, X) = 1, 2", "Y = X = 1", "X += 1",
    "X //= 2", "def X(): pass", "async def X(): pass", "class X: pass", "import X", "import a as X",
    "from a import X", "from a import b, X", "from a import (\n    b,\n    X,\n)",
    "for X in ():\n    pass", "with a as X:\n    pass", "if a:\n    X = 1", "try:\n    import X\nexcept a:\n    X = 1",
    "if a:\n    if b:\n\n        X = 1", "del X", "(X := 1)", "f(X := 1)", "type X = int",
]  # fmt: skip
UNBOUND = [
    "f(X)", "a.X = 1", "Y = X", "XX = 1", "if X:\n    pass", "X == 1", "if X <= 1:\n    pass", "f(X=1)",
    "def f():\n    X = 1", "class C:\n    X = 1", "def f(X=1):\n    pass", "class C(X):\n    pass", "f(\n    X=1,\n)",
    "X.a = 1", "X[1] = 2", "print(X, 1)", "async def f():\n    if a:\n        X = 1", "",
]  # fmt: skip


@pytest.mark.parametrize("text", BOUND)
def test_it_is_bound_in(text):
    assert seems_to_bind(text, "X")
    assert seems_to_bind(f"a = 1\n\n\ndef f():\n    return 1\n\n\n{text}\nb = 2\n", "X")


@pytest.mark.parametrize("text", UNBOUND)
def test_it_is_not_bound_in(text):
    assert not seems_to_bind(text, "X")
    assert not seems_to_bind(f"a = 1\n\n\ndef f():\n    return 1\n\n\n{text}\nb = 2\n", "X")
