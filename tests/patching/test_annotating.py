"""Annotations of modules, classes and functions, as their texts and the file's flags say."""

import pytest

import livepatch

FUTURE = "from __future__ import annotations\n"
ANNOTATED = """
total: list[int] = []


class Cart:
    size: int = 1

    class Line:
        count: int
        if True:
            price: float = 0.0
        else:
            free: bool

        def add(self, other: int) -> None: ...
"""


def shown(app, name="Cart"):
    cls = getattr(app, name)
    found = (app, cls, cls.Line, cls.Line.add)
    return [dict(getattr(item, "__annotations__", {})) for item in found]


VALUES = [
    {"total": list[int]},
    {"size": int},
    {"count": int, "price": float},
    {"other": int, "return": None},
]
TEXTS = [
    {"total": "list[int]"},
    {"size": "int"},
    {"count": "int", "price": "float"},
    {"other": "int", "return": "None"},
]


@pytest.mark.parametrize("name", ["Cart", "Basket"])
def test_annotations_become_texts_and_values_again_with_the_import_from_future(project, name):
    app = project.start("app", ANNOTATED)
    assert shown(app) == VALUES
    project.write("app.py", FUTURE + ANNOTATED.replace("Cart", name))
    assert project.refresh().ok
    assert shown(app, name) == TEXTS
    project.write("app.py", ANNOTATED)
    assert project.refresh().ok
    assert shown(app) == VALUES
    livepatch.undo()
    assert shown(app, name) == TEXTS
    livepatch.undo()
    assert shown(app) == VALUES


def test_a_function_that_became_its_wrapper_shows_the_annotations_of_what_it_wraps(project):
    head = "import functools\n\n\ndef note(fn):\n    @functools.wraps(fn)\n    def inner(*args):\n        return fn(*args)\n\n    return inner\n\n\n"
    app = project.start("app", f"{head}def f(a: int):\n    'one'\n    return a\n")
    held = app.f
    project.write("app.py", f"{head}@note\ndef f(a: int):\n    'one'\n    return a\n")
    assert project.refresh().ok
    project.write(
        "app.py", f"{head}@note\ndef f(a: int, b: str = ''):\n    'two'\n    return a\n"
    )
    assert project.refresh().ok
    assert held is app.f
    assert held.__annotations__ == {"a": int, "b": str}
    assert held.__doc__ == "two"
