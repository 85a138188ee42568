"""livepatch.live and livepatch.freeze: what is marked is patched, what is frozen is not."""

import functools
import subprocess
import sys
import textwrap
import threading

import pytest

import livepatch
from livepatch import api, errors

MARKED = """
    import functools
    from livepatch import live

    def bare(f):
        def inner(*a):
            return f(*a)
        return inner

    @live
    def marked():
        return 1

    def unmarked():
        return 1

    @live
    @bare
    def over():
        return 1

    @functools.lru_cache
    @live
    def under():
        return 1

    class Shop:
        @live
        @property
        def over_property(self):
            return 1

        @property
        @live
        def under_property(self):
            return 1

        @live
        @staticmethod
        def static():
            return 1

        @classmethod
        @live
        def of_class(cls):
            return 1

        def plain(self):
            return 1

    @live
    class Cart:
        SIZE = 1

        def total(self):
            return 1

    VALUE = 1
"""


@pytest.fixture
def marked(project):
    """Give a module that nobody watches, with marked and unmarked things in it."""
    project.write("marked_live.py", MARKED)
    import marked_live

    return marked_live


def edit_all(project, name="marked_live.py"):
    text = project.path(name).read_text()
    text = text.replace("return 1", "return 2").replace("= 1", "= 2")
    project.path(name).write_text(text)
    return project.refresh()


def test_only_marked_things_are_patched(project, marked):
    shop, cart = marked.Shop(), marked.Cart()
    assert edit_all(project).ok
    assert marked.marked() == 2
    assert (marked.unmarked(), marked.VALUE, shop.plain()) == (1, 1, 1)
    assert (cart.total(), cart.SIZE) == (2, 2)


def test_live_stands_over_and_under_every_other_decorator(project, marked):
    shop = marked.Shop()
    marked.under()
    edit_all(project)
    assert (marked.over(), marked.under()) == (2, 2)
    assert (shop.over_property, shop.under_property) == (2, 2)
    assert (shop.static(), shop.of_class()) == (2, 2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: lambda: None,
        lambda: property(lambda _self: None),
        lambda: functools.partial(sorted_by_hand, 1),
        lambda: type("Plain", (), {"__module__": __name__}),
    ],
)
def test_live_gives_back_the_very_object(make):
    thing = make()
    assert livepatch.live(thing) is thing
    assert livepatch.live()(thing) is thing


def sorted_by_hand(items):
    return items


def test_a_marked_function_is_called_without_anything_in_between(marked):
    assert type(marked.marked).__name__ == "function"
    assert marked.marked.__code__.co_filename == marked.__file__
    assert not vars(marked.marked)


def test_lines_of_unmarked_code_follow_when_marked_code_grows(project, marked):
    project.edit(
        "marked_live.py", "def marked():\n    return 1", "def marked():\n\n\n    return 3"
    )
    project.refresh()
    lines = project.path("marked_live.py").read_text().splitlines()
    first = marked.unmarked.__code__.co_firstlineno
    assert lines[first - 1] == "def unmarked():"


def test_a_definition_that_says_live_when_it_is_added_counts_as_marked(project, marked):
    text = project.path("marked_live.py").read_text()
    text += "\n@live\ndef added():\n    return 1\n\ndef ignored():\n    return 1\n"
    project.path("marked_live.py").write_text(text)
    project.refresh()
    assert marked.added() == 1
    assert not hasattr(marked, "ignored")
    project.edit("marked_live.py", "def added():\n    return 1", "def added():\n    return 9")
    project.refresh()
    assert marked.added() == 9


def test_live_may_be_called_on_what_exists_already(project):
    project.write("call_live.py", "def f():\n    return 1\n\ndef g():\n    return 1\n")
    import call_live

    livepatch.live(call_live.f)
    project.path("call_live.py").write_text(
        project.path("call_live.py").read_text().replace("return 1", "return 2")
    )
    project.refresh()
    assert (call_live.f(), call_live.g()) == (2, 1)


def test_a_watch_takes_over_the_whole_module(project, marked):
    with livepatch.watch(str(project.folder), report=False, poll=3600):
        edit_all(project)
    assert (marked.marked(), marked.unmarked(), marked.VALUE) == (2, 2, 2)


def test_marks_in_a_module_that_is_watched_already_restrict_nothing(project):
    module = project.start("watched_live", MARKED)
    edit_all(project, "watched_live.py")
    assert (module.marked(), module.unmarked(), module.VALUE) == (2, 2, 2)


def test_on_patch_is_called_with_the_patches_that_change_the_target(project, marked):
    seen = []
    livepatch.live(on_patch=seen.append)(marked.marked)
    project.edit("marked_live.py", "SIZE = 1", "SIZE = 5")
    project.refresh()
    assert seen == []
    project.edit("marked_live.py", "def marked():\n    return 1", "def marked():\n    return 5")
    patch = project.refresh()
    assert seen == [patch]


def test_a_string_patch_reaches_what_is_not_marked(marked):
    livepatch.patch(marked.unmarked, "def unmarked():\n    return 'named'")
    assert marked.unmarked() == "named"


def test_guard_undoes_the_patch_whose_new_code_raises(project):
    project.write(
        "guard_live.py",
        """
        from livepatch import live

        @live(guard=60)
        def f():
            return 1

        @live
        def g():
            return 1
        """,
    )
    import guard_live

    project.edit("guard_live.py", "def g():\n    return 1", "def g():\n    return 1 // 0")
    project.refresh()
    with pytest.raises(ZeroDivisionError):
        guard_live.g()
    assert livepatch.history()[-1].kind is livepatch.PatchKind.FILES
    project.edit("guard_live.py", "def f():\n    return 1", "def f():\n    return 1 // 0")
    undone = threading.Event()
    remove = livepatch.on_patch(
        lambda patch: undone.set() if patch.kind is livepatch.PatchKind.UNDO else None
    )
    project.refresh()
    with pytest.raises(ZeroDivisionError):
        guard_live.f()
    assert undone.wait(60)
    remove()
    assert guard_live.f() == 1


@pytest.mark.parametrize("guard", [0, -1, float("nan"), float("inf")])
def test_guard_is_a_number_of_seconds(guard):
    with pytest.raises(livepatch.UsageError, match="seconds"):
        livepatch.live(guard=guard)(sorted_by_hand)


def test_apply_says_where_a_marked_file_may_be_applied(project, marked, monkeypatch):
    added = []
    monkeypatch.setattr(
        "livepatch.watching.marked.MarkedFiles.add", lambda _self, _file, way: added.append(way)
    )
    livepatch.live(apply="checkpoint")(marked.marked)
    project.edit("marked_live.py", "def marked():\n    return 1", "def marked():\n    return 3")
    (way,) = added
    way(frozenset({marked.__file__}))
    assert marked.marked() == 1
    assert livepatch.checkpoint().ok
    assert marked.marked() == 3


def test_apply_is_one_of_three_things():
    with pytest.raises(livepatch.UsageError, match="checkpoint"):
        livepatch.live(apply="never")(sorted_by_hand)


@pytest.mark.parametrize("thing", [1, "no_such_module:f", len])
def test_live_refuses_what_it_cannot_patch(thing):
    with pytest.raises(errors.TargetError):
        livepatch.live(thing)


FROZEN = """
    import livepatch

    @livepatch.freeze
    def keep():
        return 1

    def free():
        return 1

    @livepatch.freeze
    class Kept:
        def method(self):
            return 1
"""


def test_a_frozen_thing_is_left_alone_and_named_in_a_note(project):
    module = project.start("frozen_live", FROZEN)
    code = module.keep.__code__
    patch = edit_all(project, "frozen_live.py")
    assert module.free() == 2
    assert (module.keep(), module.Kept().method()) == (1, 1)
    assert module.keep.__code__ is code
    notes = {note.qualname for note in patch.notes if note.slug == "frozen"}
    assert notes == {"keep", "Kept.method"}


def test_an_edit_of_frozen_code_alone_is_told_though_nothing_was_changed(project):
    module = project.start("frozen_only_live", FROZEN)
    project.edit(
        "frozen_only_live.py", "def keep():\n    return 1", "def keep():\n    return 2"
    )
    told = []
    remove = livepatch.on_patch(told.append)
    patch = project.refresh()
    remove()
    assert not patch
    assert [note.slug for note in patch.notes] == ["frozen"]
    assert told == [patch]
    assert module.keep() == 1


def test_a_frozen_module_is_left_alone_as_a_whole(project):
    module = project.start("frozen_whole_live", "X = 1\n\ndef f():\n    return 1\n")
    livepatch.freeze(module)
    edit_all(project, "frozen_whole_live.py")
    assert (module.X, module.f()) == (1, 1)


def test_a_string_patch_of_a_frozen_thing_is_an_error(project):
    module = project.start("frozen_string_live", FROZEN)
    with pytest.raises(errors.FrozenTargetError, match="freeze"):
        livepatch.patch(module.keep, "def keep():\n    return 2")
    with pytest.raises(errors.FrozenTargetError):
        livepatch.patch(module.Kept.method, "def method(self):\n    return 2")


def test_freeze_gives_back_the_very_object():
    assert livepatch.freeze(sorted_by_hand) is sorted_by_hand
    api.default_patcher().marks._frozen.pop(sys.modules[__name__], None)


PROGRAM = """
    import sys
    from livepatch import live

    @live
    def answer():
        return "old"

    def other():
        return "old"

    print(answer(), other(), flush=True)
    for line in sys.stdin:
        print(answer(), other(), flush=True)
"""


def test_a_script_that_marks_a_function_watches_its_own_file(tmp_path, environment):
    """The script is run by plain python: no watch, no command of livepatch."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(PROGRAM))
    with subprocess.Popen(
        [sys.executable, "script.py"], cwd=tmp_path, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == "old old\n"
        script.write_text(script.read_text().replace('"old"', '"new"'))
        reported = process.stderr.readline() + process.stderr.readline()
        assert "answer" in reported
        process.stdin.write("\n")
        process.stdin.close()
        assert process.stdout.readline() == "new old\n"
        assert process.wait(30) == 0
