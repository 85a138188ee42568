"""What a patch does not do, where it need not: counted, never timed."""

import gc
import subprocess
import sys

import pytest

import livepatch
from livepatch import api
from livepatch.patching import transaction
from livepatch.runtime import heap
from livepatch.source import regions

NESTED = """
    def f(values=(3, 1, 2)):
        def inner(x=1):
            return x
        return sorted(values, key=lambda x: -x), inner(), 0
    """


@pytest.fixture
def searched(monkeypatch):
    """Give the names of the code whose users the heap is searched for.

    Not the code objects: each would have one more owner, which the patch must look for.
    """
    found, search = [], transaction.heap.users_of

    def noted(codes):
        found.extend(code.co_name for code in codes)
        return search(codes)

    monkeypatch.setattr(transaction.heap, "users_of", noted)
    return found


def test_a_function_with_functions_inside_needs_no_search_of_the_heap(project, searched):
    project.start("app", NESTED)
    for number in range(1, 5):
        project.edit("app.py", f", {number - 1}\n", f", {number}\n")
        assert project.refresh()
    assert project.call("app.f")[2] == 4
    assert searched == []


def test_a_live_closure_is_searched_for(project, searched):
    module = project.start("app", "def make():\n    def inner(): return 1\n    return inner\n")
    made = module.make()
    project.edit("app.py", "return 1", "return 2")
    assert project.refresh()
    assert made() == 2
    assert searched == ["inner"]


@pytest.mark.parametrize("parameters", ["", "x=1"])
def test_live_closures_are_searched_for_once_with_a_session_open(project, searched, parameters):
    made_in = "def make():\n    def inner(): return 1\n    return inner\n"
    module = project.start("app", made_in.replace("inner()", f"inner({parameters})"))
    made = [module.make() for _ in range(3)]
    with livepatch.session():
        for number in (1, 2):
            searched.clear()
            project.edit("app.py", f"return {number}", f"return {number + 1}")
            project.edit("app.py", f"x={number}", f"x={number + 1}") if parameters else None
            assert project.refresh()
            assert {function() for function in made} == {1}
            assert searched == ["inner"]
    assert {function() for function in made} == {3}


def test_no_heap_is_searched_for_functions_that_a_session_holds(project, searched):
    project.start("app", "def f():\n    return 1\n\n\ndef g(x=1):\n    return x\n")
    with livepatch.session():
        for number in range(1, 4):
            project.edit("app.py", f"return {number}", f"return {number + 1}")
            project.edit("app.py", f"x={number}", f"x={number + 1}")
            assert project.refresh()
            assert (project.call("app.f"), project.call("app.g")) == (1, 1)
    assert (project.call("app.f"), project.call("app.g")) == (4, 4)
    assert searched == []


@pytest.mark.parametrize("redone", [False, True])
def test_no_heap_is_searched_for_functions_that_the_history_holds(project, searched, redone):
    project.start("app", "def f():\n    return 1\n")
    with livepatch.session():
        for number in range(1, 4):
            project.edit("app.py", f"return {number}", f"return {number + 1}")
            assert project.refresh()
        assert livepatch.undo()
        if redone:
            assert livepatch.redo()
        project.write("app.py", "def f():\n    return 9\n")
        assert project.refresh()
        assert project.call("app.f") == 1
    assert project.call("app.f") == 9
    assert searched == []


@pytest.fixture
def searches(monkeypatch):
    """Give the searches of the heap, each of which holds all threads up."""
    found, search = [], heap._referrers

    def noted(targets):
        found.append(targets)
        return search(targets)

    monkeypatch.setattr(heap, "_referrers", noted)
    return found


def test_an_undo_searches_for_live_closures_alone(project, searches):
    module = project.start("app", NESTED + "\n    def make():\n        return lambda: 1\n")
    project.edit("app.py", ", 0\n", ", 5\n")
    project.edit("app.py", "lambda: 1", "lambda: 2")
    assert project.refresh()
    assert livepatch.undo()
    assert livepatch.redo()
    assert searches == []
    made = module.make()
    assert livepatch.undo()
    assert made() == 1
    assert [len(targets) for targets in searches] == [1]


def test_a_changed_docstring_searches_for_no_library_that_registers(project, searches):
    pytest.importorskip("click")
    pytest.importorskip("flask")
    project.start("app", '"""Version 1."""\n\n\ndef f():\n    return 1\n')
    project.edit("app.py", "Version 1", "Version 2")
    project.edit("app.py", "return 1", "return 2")
    assert project.refresh()
    assert project.get("app.__doc__") == "Version 2."
    assert project.call("app.f") == 2
    assert searches == []


def test_groups_of_all_classes_are_found_in_one_search(project, searches):
    click = pytest.importorskip("click")
    project.start("app", "import click\n\n@click.group()\ndef cli(): pass\n")
    project.edit("app.py", "def cli", "@click.option('--n')\ndef cli")
    assert project.refresh()
    assert sum(click.Group in targets for targets in searches) == 1
    assert not any(click.CommandCollection in each for each in searches if len(each) == 1)


@pytest.fixture
def threshold():
    """Have a collection begin after a hundred objects; give the generations collected."""
    before, found = gc.get_threshold(), []

    def note(phase, details):
        if phase == "start":
            found.append(details["generation"])

    gc.callbacks.append(note)
    gc.set_threshold(100, *before[1:])
    yield found
    gc.callbacks.remove(note)
    gc.set_threshold(*before)


def test_hardly_a_collection_begins_in_a_patch(project, threshold):
    text = "\n\n".join(f"def f{i}():\n    return [{i}, {i}]" for i in range(100))
    project.start("app", text)
    project.write("app.py", text.replace("return [", "return [0, "))
    threshold.clear()
    assert project.refresh()
    collected = len(threshold)
    assert project.call("app.f7") == [0, 7, 7]
    assert collected < 10  # one at its end, and what `write` and `call` make
    assert gc.get_threshold()[0] == 100


@pytest.mark.usefixtures("threshold")
def test_what_a_patch_says_to_the_collector_holds(project):
    project.start("app", "import gc\n")
    project.write("app.py", "import gc\ngc.set_threshold(77)\ngc.disable()\n")
    try:
        assert project.refresh().ok
        assert gc.get_threshold()[0] == 77
        assert not gc.isenabled()
    finally:
        gc.enable()


def transactions():
    return {id(each) for each in gc.get_objects() if type(each) is transaction.Transaction}


def test_a_patch_leaves_nothing_to_the_collector_that_holds_it(project):
    project.start("app", "def f(): return 0\n")
    gc.collect()
    before = transactions()  # a test that failed may hold some
    gc.disable()
    try:
        for number in range(1, 4):
            project.edit("app.py", f"return {number - 1}", f"return {number}")
            assert project.refresh()
        kept = transactions() - before
    finally:
        gc.enable()
    assert kept == set()


def test_what_registers_nothing_needs_no_search_for_groups_of_commands(project, searches):
    pytest.importorskip("click")
    text = (
        "import click\nclass C:\n    limit = {n}\n    def f{n}(self): pass\ndef g{n}(): pass\n"
    )
    module = project.start("app", text.format(n=1))
    project.write("app.py", text.format(n=2))
    assert project.refresh()
    assert module.C.limit == 2
    assert searches == []


def test_a_first_edit_of_a_long_file_parses_a_part_of_it(project, monkeypatch):
    text = "\n\n".join(f"def f{i}():\n    return {i}\n" for i in range(1000))
    project.start("app", text)
    parsed, parse = [], regions.parse

    def noted(part, file, offset):
        parsed.append(len(part))
        return parse(part, file, offset)

    monkeypatch.setattr(regions, "parse", noted)
    project.edit("app.py", "return 500\n", "return -500\n")
    assert project.refresh()
    assert project.call("app.f500") == -500
    assert parsed
    assert sum(parsed) < len(text) / 20


def test_modules_that_mention_nothing_are_not_decoded(project):
    project.start("one", "def only_here(): return 1\n")
    project.start("two", "def other(): return 2\n")
    project.edit("one.py", "return 1", "return 3")
    assert project.refresh()
    tracked = api.default_patcher().registry.get(str(project.path("two.py")))
    assert tracked._text is None


FIRST = """
import pathlib, sys
import livepatch
from livepatch.patching.front import Front
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
file = pathlib.Path(sys.argv[1], "app.py")
file.write_text("def f():\\n    return 1\\n")
with livepatch.watch(sys.argv[1], poll=3600, report=False):
    import app
    list(Front().prepared())  # as the watcher does when a program has been up for a second
    before = set(sys.modules)
    file.write_text("def f():\\n    return 2\\n")
    assert livepatch.refresh()
assert app.f() == 2
print([name for name in set(sys.modules) - before if name[0] != '_'])  # ast's own, on 3.15
"""


def test_the_first_patch_of_a_watched_program_imports_nothing_more(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FIRST, str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.stdout == "[]\n", done.stderr


def calls_of(work):
    """Give how many calls, of Python or of C, `work` makes."""
    count = 0

    def counting(_frame, event, _arg):
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(counting)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("method", [False, True], ids=["functions", "methods"])
def test_the_work_for_each_file_of_a_patch_does_not_grow_with_their_number(project, method):
    def text(name, number, version):
        before = f"{name}{max(number, 1) - 1}"
        body = f"def f_{name}{number}(self): return {version}\n"
        kind = f"class C_{name}{number}:\n    {body}" if method else body
        taken = f"import {before}\nfrom {before} import {'C' if method else 'f'}_{before}\n"
        return f"{taken if number else ''}{kind}X = len(__name__)\n"

    def calls_for_each(name, files):
        for number in range(files):
            project.start(f"{name}{number}", text(name, number, 1))
        for version in (2, 3):  # the first time, the files are parsed
            for number in range(files):
                project.write(f"{name}{number}.py", text(name, number, version))
            calls = calls_of(lambda: patches.append(project.refresh()))
        assert [len(patch.changes) for patch in patches[-2:]] == [files, files]
        return calls / files

    patches = []
    few = calls_for_each("few", 20)
    assert calls_for_each("many", 160) < 1.2 * few
