"""Names that follow across modules, while statements of the same patch compute with them."""

import pytest

import livepatch

FILES = {
    "low": "E = [{}]\n",
    "again": "from low import E\n",
    "star": "from low import *\n",
    "holder": "from low import E\n\n\ndef given():\n    return E\n",
}
ASKING = {
    "a from-import": ("from low import E\n", "E"),
    "a from-import under another name": ("from low import E as e\n", "e"),
    "a name that another module imported": ("from again import E\n", "E"),
    "a star import": ("from low import *\n", "E"),
    "a star import of a star import": ("from star import *\n", "E"),
    "an attribute of a module": ("import again\n", "again.E"),
    "a function of a module that is not in the patch": ("import holder\n", "holder.given()"),
    "a function inside the statement": ("from low import E\n", "(lambda: E)()"),
}


@pytest.mark.parametrize("in_use", [False, True], ids=["", "sessions in use"])
@pytest.mark.parametrize("way", ASKING)
def test_a_statement_computes_with_what_the_same_patch_rebound_elsewhere(project, way, in_use):
    if in_use:
        with livepatch.session():
            pass
    for name, text in FILES.items():
        project.write(f"{name}.py", text.format(1))
    for name in FILES:
        project.load(name)
    imports, expression = ASKING[way]
    app = project.start("app", f"{imports}X = {expression}\n")
    held = app.X
    project.write("low.py", FILES["low"].format(2))
    project.write("app.py", f"{imports}X = ({expression}, 0)\n")
    assert project.refresh().ok
    assert app.X == ([2], 0)
    livepatch.undo()
    assert app.X is held


def test_a_statement_that_changed_nothing_keeps_what_it_was_computed_from(project):
    project.start("low", "E = [1]\n")
    app = project.start("app", "from low import E\n\nX = (E, 0)\nY = 1\n")
    project.write("low.py", "E = [2]\n")
    project.edit("app.py", "Y = 1", "Y = (E, 0)")
    (note,) = project.refresh().notes
    assert note.qualname == "X"
    assert (app.X, app.Y, app.E) == (([1], 0), ([2], 0), [2])


def test_a_patch_whose_later_statement_raises_leaves_the_importers_alone(project):
    low = project.start("low", "E = [1]\n")
    app = project.start("app", "from low import E\n\nX = (E, 0)\nY = 1\n")
    project.write("low.py", "E = [2]\n")
    project.write("app.py", "from low import E\n\nX = (E, 1)\nY = 1 / 0\n")
    assert not project.refresh().ok
    assert (app.X, app.E, low.E) == (([1], 0), [1], [1])


def test_a_package_needs_the_module_from_which_it_takes_a_name_that_moved_there(project):
    project.write("pkg/__init__.py", "from . import config\nfrom .old import f\n")
    project.write("pkg/config.py", "N = 1\n")
    project.write("pkg/new.py", "from . import config\n\n\ndef g():\n    return config.N\n")
    project.write(
        "pkg/old.py", "from . import config\nfrom .new import g\n\n\ndef f():\n    return g()\n"
    )
    pkg = project.load("pkg")
    project.write("pkg/old.py", "from . import config\nfrom .new import g\n")
    project.write(
        "pkg/new.py",
        "from . import config\n\n\ndef g():\n    return config.N\n\n\ndef f():\n    return g() + 1\n",
    )
    project.write("pkg/__init__.py", "from . import config\nfrom .new import f\n")
    patch = project.refresh()
    assert patch.ok, patch
    assert pkg.f() == 2
