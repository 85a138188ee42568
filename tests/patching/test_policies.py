"""A module says how much of it follows its file."""

import pytest

TEXT = """
__livepatch_policy__ = "POLICY"
LIMIT = 1


def f():
    return LIMIT


class C:
    size = 1

    def m(self):
        return self.size
"""
NEW = TEXT.replace("= 1", "= 2").replace("return LIMIT", "return -LIMIT") + "\n\nEXTRA = 1\n"


def results(app):
    return app.LIMIT, app.f(), app.C.size, hasattr(app, "EXTRA")


@pytest.mark.parametrize(
    ("policy", "expected", "left_out"),
    [
        ("all", (2, -2, 2, True), 0),
        ("definitions", (1, -1, 1, False), 3),
        ("functions", (1, -1, 1, False), 3),
        ("off", (1, 1, 1, False), 4),
    ],
)
def test_the_policy_decides_which_edits_are_carried_out(project, policy, expected, left_out):
    app = project.start("app", TEXT.replace("POLICY", policy))
    project.write("app.py", NEW.replace("POLICY", policy))
    patch = project.refresh()
    assert results(app) == expected
    said = [note.message for note in patch.notes if note.slug == "policy"]
    assert [int(message.split()[0]) for message in said] == ([left_out] if left_out else [])


def test_a_policy_lets_its_own_edit_through(project):
    app = project.start("app", TEXT.replace("POLICY", "off"))
    project.edit("app.py", '"off"', '"all"')
    assert project.refresh().ok
    assert app.__livepatch_policy__ == "all"
    project.edit("app.py", "LIMIT = 1", "LIMIT = 5")
    project.refresh()
    assert app.f() == 5


def test_new_classes_come_with_definitions_and_stay_away_with_functions(project):
    for name, policy, there in (("one", "definitions", True), ("two", "functions", False)):
        text = TEXT.replace("POLICY", policy)
        app = project.start(name, text)
        project.write(f"{name}.py", text + "\n\nclass New:\n    pass\n")
        project.refresh()
        assert hasattr(app, "New") is there
