"""Modules that were imported before livepatch looked: their running code is the baseline."""

import importlib
import inspect
import os
import subprocess
import sys
import textwrap

import pytest

import livepatch
from livepatch import api
from livepatch.model import ChangeKind
from livepatch.patching import reading
from livepatch.patching.registry import TrackedFile
from livepatch.runtime import drift
from livepatch.source.text import read_source


def imported(project, text, name="early", *, cached=False):
    """Import a module that livepatch hears nothing of; `cached` leaves its `.pyc`."""
    project.write(f"{name}.py", text)
    importlib.invalidate_caches()
    sys.dont_write_bytecode = not cached
    return importlib.import_module(name)


def rewritten(project, text, name="early"):
    """Write the file anew, so that the header of the `.pyc` cannot match."""
    path = project.write(f"{name}.py", text)
    later = path.stat().st_mtime + 5
    os.utime(path, (later, later))
    return path


def made(patch):
    return {(change.kind, change.qualname) for change in patch.changes}


SHOP = """
    import os

    RATE = 10
    LOG = []

    def area(w, h=2):
        return w * h

    def gone():
        return 1

    class Cart:
        tax = 1

        def total(self):
            return self.tax

        @property
        def size(self):
            return 1

        def old(self):
            return 0

    def outer():
        def inner():
            return 1
        return inner

    LOG.append(area)
"""


def test_a_module_that_is_as_its_file_gives_no_patch(project):
    module = imported(project, SHOP)
    patch = livepatch.refresh(module)
    assert (patch.number, patch.ok, patch.notes) == (0, True, ())


def test_a_body_edited_before_livepatch_looked_is_applied(project):
    module = imported(project, SHOP)
    area = module.area
    rewritten(project, SHOP.replace("w * h", "w + h"))
    patch = livepatch.refresh(module)
    assert made(patch) == {(ChangeKind.UPDATED, "area")}
    assert (area(5), module.area is area) == (7, True)


def test_methods_properties_and_live_closures_follow(project):
    module = imported(project, SHOP)
    cart, inner = module.Cart(), module.outer()
    text = SHOP.replace("return self.tax", "return -self.tax")
    text = text.replace(
        "            return 1\n\n        def old", "            return 9\n\n        def old"
    )
    rewritten(
        project,
        text.replace(
            "            return 1\n        return inner",
            "            return 2\n        return inner",
        ),
    )
    livepatch.refresh(module)
    assert (cart.total(), cart.size, inner()) == (-1, 9, 2)


def test_what_the_file_has_no_more_goes_and_what_is_new_comes(project):
    module = imported(project, SHOP)
    cart = module.Cart()
    text = SHOP.replace("def gone():", "def fresh():").replace(
        "return 1\n\n    class", "return 2\n\n    class"
    )
    rewritten(project, text.replace("def old(self)", "def added(self)"))
    patch = livepatch.refresh(module)
    assert module.fresh() == 2
    assert not hasattr(module, "gone")
    assert (cart.added(), hasattr(cart, "old")) == (0, False)
    assert {(ChangeKind.ADDED, "fresh"), (ChangeKind.REMOVED, "gone")} <= made(patch)


def test_code_that_only_moved_gets_its_new_lines_and_is_no_change(project):
    module = imported(project, SHOP)
    rewritten(project, "# one\n# two\n" + textwrap.dedent(SHOP))
    patch = livepatch.refresh(module)
    assert patch.changes == ()
    assert inspect.getsource(module.Cart.total).strip().startswith("def total")


def test_a_changed_default_is_seen_and_a_live_default_object_is_kept(project):
    text = "def f(a=1, seen=[]):\n    return a, seen\n"
    module = imported(project, text)
    module.f()[1].append("state")
    rewritten(project, text.replace("a=1", "a=2"))
    livepatch.refresh(module)
    assert module.f() == (2, ["state"])


def test_a_value_that_may_have_been_assigned_by_the_program_is_left_alone_and_named(project):
    module = imported(project, SHOP)
    rewritten(project, SHOP.replace("RATE = 10", "RATE = 20"))
    patch = livepatch.refresh(module)
    assert module.RATE == 10
    assert [note.slug for note in patch.notes] == ["late-baseline"]
    assert "RATE" in patch.notes[0].message


def test_with_its_pyc_at_hand_changed_statements_are_run_and_only_these(project):
    module = imported(project, SHOP, cached=True)
    module.Cart.tax = 50
    rewritten(project, SHOP.replace("RATE = 10", "RATE = 20").replace("area)", "gone)"))
    patch = livepatch.refresh(module)
    assert module.RATE == 20
    assert [module.area, module.gone] == module.LOG
    assert module.Cart.tax == 50, "its own statement did not change: the program's value stays"
    assert patch.notes == ()


def test_a_pyc_that_is_not_of_the_running_code_is_no_evidence(project):
    module = imported(project, SHOP, cached=True)
    middle = rewritten(
        project, SHOP.replace("RATE = 10", "RATE = 15").replace("w * h", "w - h")
    )
    writes = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(
        [sys.executable, "-c", "import early"], cwd=middle.parent, env=writes, check=True
    )
    rewritten(project, SHOP.replace("RATE = 10", "RATE = 20"))
    os.utime(middle, (middle.stat().st_mtime + 9,) * 2)
    patch = livepatch.refresh(module)
    assert module.RATE == 10
    assert [note.slug for note in patch.notes] == ["late-baseline"]


def test_after_the_first_look_the_text_is_the_baseline(project):
    module = imported(project, SHOP)
    rewritten(project, SHOP.replace("w * h", "w + h"))
    livepatch.refresh(module)
    rewritten(project, SHOP.replace("w * h", "w + h").replace("RATE = 10", "RATE = 20"))
    patch = livepatch.refresh(module)
    assert made(patch) == {(ChangeKind.EXECUTED, "RATE = 20")}
    assert module.RATE == 20


def test_undo_gives_back_the_code_that_was_running_and_the_next_save_is_compared_with_it(
    project,
):
    module = imported(project, SHOP)
    rewritten(project, SHOP.replace("w * h", "w + h").replace("def gone", "def fresh"))
    livepatch.refresh(module)
    livepatch.undo()
    assert (module.area(5), module.gone(), hasattr(module, "fresh")) == (10, 1, False)
    rewritten(project, SHOP.replace("w * h", "w - h"))
    livepatch.refresh(module)
    assert (module.area(5), module.gone()) == (3, 1)


def test_a_file_that_is_broken_at_the_first_look_is_held_until_it_is_whole(project):
    module = imported(project, SHOP)
    rewritten(project, "def area(:\n")
    patch = livepatch.refresh(module)
    assert not patch.ok
    assert module.area(5) == 10
    rewritten(project, SHOP.replace("w * h", "w + h"))
    assert livepatch.refresh(module).ok
    assert module.area(5) == 7


def test_a_file_older_than_the_process_is_taken_as_it_is_without_compiling(
    project, monkeypatch
):
    module = imported(project, SHOP)
    monkeypatch.setattr(drift, "_began", [project.path("early.py").stat().st_ctime + 100])
    api.default_patcher().track(module, module.__file__)
    assert not api.default_patcher().is_late(module.__file__)


TWISTED = [
    "argparse",
    "asyncio.base_events",
    "asyncio.tasks",
    "calendar",
    "collections",
    "copy",
    "dataclasses",
    "enum",
    "functools",
    "hashlib",
    "inspect",
    "logging",
    "os",
    "re",
    "shutil",
    "socket",
    "ssl",
    "subprocess",
    "textwrap",
    "threading",
    "traceback",
    "types",
    "typing",
    "unittest.mock",
    "urllib.parse",
    "xml.etree.ElementTree",
    "zipfile",
]


@pytest.mark.parametrize("name", TWISTED)
def test_nothing_differs_where_nothing_was_edited(name):
    """Arms of an `if`, `del`, overloads, C code in the place of classes, generated members."""
    module = importlib.import_module(name)
    tracked = TrackedFile(module.__file__, None)
    tracked.add(module)
    found = reading.make_late_reading(tracked, read_source(module.__file__))
    assert [str((edit.new or edit.old).qualname) for edit in found.plan.edits] == []
    assert [(old, new) for old, new in found.plan.lines if old != new] == []
    assert [note.message for note in found.notes] == []


CONDITIONAL = """
    import sys
    if sys.platform == "none":
        def f():
            return "none"
    else:
        def f():
            return "here"
"""


def test_the_arm_of_an_if_that_was_not_taken_is_no_difference_and_the_taken_one_follows(
    project,
):
    module = imported(project, CONDITIONAL)
    rewritten(project, CONDITIONAL.replace('return "none"', 'return "nowhere"'))
    assert not livepatch.refresh(module)
    assert module.f() == "here"


def test_where_it_cannot_be_said_which_arm_lives_the_function_is_left_and_named(project):
    module = imported(project, CONDITIONAL)
    rewritten(project, CONDITIONAL.replace('return "here"', 'return "there"'))
    patch = livepatch.refresh(module)
    assert module.f() == "here"
    assert [(note.slug, "f" in note.message) for note in patch.notes] == [
        ("late-baseline", True)
    ]


def test_a_counter_that_the_file_itself_counts_up_is_not_named(project):
    text = "count = 0\n\ndef up():\n    global count\n    count += 1\n"
    module = imported(project, text)
    module.up()
    assert livepatch.refresh(module).notes == ()
    assert module.count == 1


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_the_start_of_this_process_lies_before_now_and_after_boot(project):
    start = drift.process_start()
    marker = project.write("now.txt", "x").stat().st_mtime
    assert marker - 3600 * 24 < start < marker


def test_a_script_that_watches_itself_takes_definitions_it_has_not_reached_as_they_come(
    project,
):
    project.write(
        "script.py",
        """
        import livepatch
        with livepatch.watch(report=False, poll=60):
            patch = livepatch.refresh()
            assert patch.ok and not patch, patch
            assert "later" not in globals()
        def later():
            return 1
        print(later())
        """,
    )
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=project.folder,
        env=os.environ | {"PYTHONPATH": str(api.__file__).removesuffix("/livepatch/api.py")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("1\n", "")
