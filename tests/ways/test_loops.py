"""Loops that are running take an edited body at their next turn."""

import asyncio
import re
import subprocess
import sys
import textwrap
import time

import pytest

import livepatch
from livepatch import interp


class Edits:
    """Edits of one file, made one by one while its loop runs: `tick()` is a turn of it."""

    def __init__(self, project, name):
        self.project, self.name = project, name
        self.waiting, self.patches = [], []

    def plan(self, *edits):
        """Have each edit, a pair of old and new text or None for nothing, made at one turn."""
        self.waiting.extend(edits)

    def tick(self):
        edit = self.waiting.pop(0) if self.waiting else None
        if edit is not None:
            self.project.edit(f"{self.name}.py", *map(textwrap.dedent, edit))
            self.patches.append(livepatch.refresh())


@pytest.fixture(params=["marked", "watched", "alone"])
def way(request):
    """Say how a loop comes to be live: marked, in a watched module, or by `loop()` alone."""
    return request.param


@pytest.fixture
def running(project, monkeypatch):
    """Give a function that starts a module and the edits of it."""

    def start(name, text, way):
        if way == "alone" and not interp.can_write_locals():
            pytest.skip("no ctypes: the variables of a running function cannot be written")
        text = textwrap.dedent(text)
        head = "from livepatch import live, loop\nlog = []\n"
        if way == "marked":
            text = re.sub("(async )?def run", r"@live(loops=True)\n\g<0>", text)
            text = text.replace("loop(", "(")
            text = text.replace("while ():", "while True:")
        edits = Edits(project, name)
        monkeypatch.setattr("builtins.tick", edits.tick, raising=False)
        if way == "watched":
            project.write(f"{name}.py", head + text)
            with livepatch.watch(str(project.folder), report=False, poll=3600):
                module = project.load(name)
        else:
            project.write(f"{name}.py", head + text)
            module = __import__(name)
        return module, edits

    return start


SUM = """
    def run(n):
        total = 0
        for i in loop(range(n)):
            tick()
            total += i
            log.append(total)
        else:
            log.append("else")
        return total, i
"""


def test_an_edited_body_takes_effect_at_the_next_turn_and_all_locals_stay(running, way):
    module, edits = running(f"edited_{way}", SUM, way)
    edits.plan(None, ("log.append(total)", "log.append((i, total))"))
    assert module.run(4) == (6, 3)
    assert module.log == [0, 1, (2, 3), (3, 6), "else"]
    assert all(patch.ok for patch in edits.patches)


def test_new_locals_are_kept_from_turn_to_turn_and_removed_ones_come_back(running, way):
    module, edits = running(f"locals_{way}", SUM, way)
    edits.plan(
        ("log.append(total)", "fresh = [i]; log.append(total)"),
        ("fresh = [i]; log.append(total)", "fresh += [i]; log.append(list(fresh))"),
        ("        total += i\n", "        pass\n"),
        ("        pass\n", "        total += 100\n"),
    )
    module.run(6)
    assert module.log == [0, 1, [1, 2], [1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5], "else"] or (
        module.log[0:2] == [0, 1] and module.log[-2] == [1, 2, 3, 4, 5]
    )
    assert edits.waiting == []


def test_an_edit_may_break_continue_and_rebind_the_loop_variable(running, way):
    text = SUM.replace('        else:\n            log.append("else")\n', "")
    module, edits = running(f"breaks_{way}", text, way)
    edits.plan(
        ("log.append(total)", "if i == 2: continue\n        log.append(total)"),
        None,
        None,
        ("log.append(total)", "if i == 5: break\n        log.append(total)"),
    )
    total, last = module.run(100)
    assert module.log == [0, 1, 6, 10]
    assert (total, last) == (15, 5)


def test_nested_loops_are_live_one_by_one(running, way):
    module, edits = running(
        f"nested_{way}",
        """
        def run():
            for i in loop("abc"):
                for j in loop(range(3)):
                    tick()
                    log.append((i, j))
                log.append(i)
        """,
        way,
    )
    edits.plan(None, ("log.append((i, j))", "log.append((i, j, 'new'))"), None,
               ("        log.append(i)\n", "        log.append(i + '!')\n"))  # fmt: skip
    module.run()
    inner = [entry for entry in module.log if isinstance(entry, tuple)]
    assert inner[:4] == [("a", 0), ("a", 1), ("a", 2, "new"), ("b", 0, "new")]
    assert inner[-1] == ("c", 2, "new")
    assert [entry for entry in module.log if isinstance(entry, str)] == ["a", "b", "c!"]


def test_a_while_loop_is_live_as_well(running, way):
    module, edits = running(
        f"while_{way}",
        """
        def run():
            n = 0
            while loop():
                tick()
                n += 1
                log.append(n)
                if n >= 5: break
            return n
        """,
        way,
    )
    edits.plan(None, ("n += 1", "n += 2"))
    assert module.run() == 6
    assert module.log == [1, 2, 4, 6]


def test_a_broken_edit_keeps_the_old_body_until_it_is_mended(running, way):
    module, edits = running(f"broken_{way}", SUM, way)
    edits.plan(
        ("log.append(total)", "log.append((total)"),
        None,
        ("log.append((total)", "log.append([total])"),
    )
    module.run(5)
    assert module.log == [0, 1, [3], [6], [10], "else"] or module.log[:3] == [0, 1, 3]
    assert [patch.ok for patch in edits.patches] == [False, True]
    assert "was never closed" in edits.patches[0].errors[0].message


def test_an_undo_brings_the_old_body_back(running, way):
    module, edits = running(f"undone_{way}", SUM, way)
    edits.plan(("log.append(total)", "log.append('new')"))
    real, turns = edits.tick, iter(range(9))

    def tick():
        if next(turns) == 2:
            livepatch.undo()
        real()

    __import__("builtins").tick = tick
    module.run(5)
    assert "new" in module.log
    assert module.log[-2] == 10


def test_an_exception_of_the_new_body_passes_out_with_the_lines_of_the_file(running, way):
    module, edits = running(f"raises_{way}", SUM, way)
    edits.plan(("log.append(total)", "log.append(total // 0)"))
    with pytest.raises(ZeroDivisionError) as caught:
        module.run(5)
    last = caught.traceback[-1]
    assert str(last.path) == module.__file__
    assert "log.append(total // 0)" in str(last.statement)


PREPARED = pytest.mark.parametrize("way", ["marked", "watched"])


@PREPARED
def test_a_return_in_the_new_body_returns_from_the_function(running, way):
    module, edits = running(f"returns_{way}", SUM, way)
    edits.plan(None, ("log.append(total)", "if i == 3: return 'early', total"))
    assert module.run(100) == ("early", 6)


@PREPARED
def test_anything_may_stand_around_the_items(running, way):
    module, edits = running(
        f"around_{way}",
        """
        def run():
            for i, (a, b) in enumerate(zip(loop("abcd"), loop(range(4)), strict=True)):
                tick()
                log.append((i, a, b))
        """,
        way,
    )
    edits.plan(None, ("log.append((i, a, b))", "log.append(a * b)"))
    module.run()
    assert module.log == [(0, "a", 0), (1, "b", 1), "cc", "ddd"] or module.log[1:] == [
        "b", "cc", "ddd"
    ]  # fmt: skip


@PREPARED
def test_a_break_passes_the_else_of_the_loop_by(running, way):
    module, edits = running(f"else_{way}", SUM, way)
    edits.plan(("log.append(total)", "break"))
    module.run(9)
    assert "else" not in module.log


@PREPARED
def test_two_loops_on_one_line_are_told_apart(running, way):
    module, edits = running(
        f"oneline_{way}",
        """
        def run():
            for i in loop(range(2)): log.append(i); tick()
            for i in loop(range(2)): log.append(-i); tick()
        """,
        way,
    )
    edits.plan(("log.append(-i)", "log.append('second')"))
    module.run()
    assert module.log == [0, 1, "second", "second"]


@PREPARED
def test_a_generator_yields_from_its_new_body(running, way):
    module, edits = running(
        f"generator_{way}",
        """
        def run(n):
            for i in loop(range(n)):
                got = yield i
                log.append(got)
            return "end"
        """,
        way,
    )
    generator = module.run(4)
    assert next(generator) == 0
    edits.plan(("got = yield i", "got = yield (i, n)"))
    edits.tick()
    assert generator.send("a") == (1, 4)
    edits.plan(("log.append(got)", "if got == 'stop': return 'stopped'"))
    edits.tick()
    assert generator.send("b") == (2, 4)
    with pytest.raises(StopIteration, match="stopped"):
        generator.send("stop")


@PREPARED
def test_a_coroutine_awaits_in_its_new_body(running, way):
    module, edits = running(
        f"coroutine_{way}",
        """
        import asyncio
        async def items():
            for i in range(4):
                yield i

        async def run():
            async for i in loop(items()):
                await asyncio.sleep(0)
                tick()
                log.append(i)
            return log
        """,
        way,
    )
    edits.plan(None, ("log.append(i)", "await asyncio.sleep(0); log.append((i, 'new'))"))
    assert asyncio.run(module.run())[-2:] == [(2, "new"), (3, "new")]


def test_every_loop_of_a_marked_class_is_live(running):
    module, edits = running(
        "class_marked",
        """
        @live(loops=True)
        class Worker:
            name = "w"

            def work(self, n):
                for i in range(n):
                    tick()
                    self.__last = i
                    log.append(self.name)
                return self.__last
        """,
        "plain",
    )
    edits.plan(None, ("log.append(self.name)", "log.append((self.name, self.__last))"))
    assert module.Worker().work(4) == 3
    assert module.log == ["w", "w", ("w", 2), ("w", 3)]


def test_a_function_that_is_marked_when_it_is_added_has_live_loops(project, running):
    module, edits = running("added_marked", "X = 1\n", "plain")
    livepatch.live(module)
    source = project.path("added_marked.py").read_text()
    project.path("added_marked.py").write_text(
        source + "\n@live(loops=True)\ndef run(n):\n    for i in range(n):\n"
        "        tick()\n        log.append(i)\n"
    )
    livepatch.refresh()
    edits.plan(None, ("log.append(i)", "log.append(-i)"))
    module.run(4)
    assert module.log == [0, 1, -2, -3]


def test_the_report_says_of_a_marked_function_that_its_loops_go_on(running):
    module, edits = running("noted_marked", SUM, "marked")
    edits.plan(("log.append(total)", "log.append(-total)"))
    module.run(3)
    (note,) = [note for note in edits.patches[0].notes if note.slug == "old-frame"]
    assert "its loops go on with their new bodies" in note.message


def test_the_report_says_once_of_any_other_loop_what_to_do(running):
    text = SUM.replace("loop(", "(")
    module, edits = running("noted_plain", text, "plain")
    livepatch.live(module.run)
    edits.plan(
        ("log.append(total)", "log.append(-total)"),
        ("log.append(-total)", "log.append('x')"),
    )
    module.run(5)
    notes = [
        [n.message for n in patch.notes if n.slug == "old-frame"] for patch in edits.patches
    ]
    assert "livepatch.live(loops=True)" in notes[0][0]
    assert notes[1] == []
    assert module.log == [0, 1, 3, 6, 10, "else"]


@pytest.mark.parametrize(
    ("new", "word"),
    [
        ("if i == 2: return 'early'", "return"),
        ("break", "an else"),
    ],
)
def test_what_an_unprepared_loop_cannot_do_is_said_once(running, monkeypatch, new, word):
    said = []
    monkeypatch.setattr("livepatch.ways._say", said.append)
    module, edits = running(f"cannot_{len(new)}", SUM, "alone")
    edits.plan(("log.append(total)", new))
    assert module.run(4) == (6, 3)
    assert module.log == [0, 1, 3, 6, "else"]
    (text,) = [line for line in said if word in line]
    assert "loops=True" in text
    assert re.search(r"cannot_\d+\.py:\d+: for i in loop", text)


def test_something_around_an_unprepared_loop_is_said(running, monkeypatch):
    said = []
    monkeypatch.setattr("livepatch.ways._say", said.append)
    module, edits = running(
        "wrapped_alone", SUM.replace("loop(range(n))", "iter(loop(range(n)))"), "alone"
    )
    edits.plan(("log.append(total)", "log.append('new')"))
    module.run(3)
    assert module.log == [0, 1, 3, "else"]
    assert "something is around" in said[0]


def test_a_closure_of_an_unprepared_loop_shares_its_variables(running):
    module, edits = running(
        "closure_alone",
        """
        def run():
            count = 0
            def add():
                nonlocal count
                count += 100
            for i in loop(range(4)):
                tick()
                add()
                log.append(count)
            return count
        """,
        "alone",
    )
    edits.plan(None, ("log.append(count)", "count += 1; add(); log.append(count)"))
    assert module.run() == 602
    assert module.log == [100, 200, 401, 602]


def test_a_loop_that_cannot_be_live_says_so_once_and_runs_as_it_is(running, monkeypatch):
    said = []
    monkeypatch.setattr("livepatch.ways._say", said.append)
    module, _ = running(
        "nested_alone",
        """
        def run():
            def inner():
                n = 0
                while loop():
                    n += 1
                    if n == 5: return n
            return inner()
        """,
        "alone",
    )
    assert module.run() == 5
    (text,) = said
    assert "function inside a function" in text
    namespace = {"loop": livepatch.loop}
    exec("found = [x for x in loop('ab')]", namespace)
    assert namespace["found"] == ["a", "b"]
    assert "no module" in said[1]


MODULE = """
    import sys
    from livepatch import loop
    count = 0
    for i in loop(range(10**9)):
        print("old", i, flush=True)
        if not sys.stdin.readline(): break
        count += 1
    print("after", count, i, flush=True)
"""


@pytest.mark.parametrize("command", [[], ["-m", "livepatch", "-q"]])
def test_a_loop_of_a_script_goes_on_in_its_new_body(tmp_path, environment, command):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(MODULE))
    with subprocess.Popen(
        [sys.executable, *command, "script.py"], cwd=tmp_path, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip

        def turn():
            process.stdin.write("\n")
            process.stdin.flush()
            return process.stdout.readline()

        assert process.stdout.readline() == "old 0\n"
        assert turn() == "old 1\n"
        new = script.read_text().replace('print("old", i', 'kept = count; print("new", i, kept')
        script.write_text(new)
        line, deadline = turn(), time.monotonic() + 60
        while line.startswith("old") and time.monotonic() < deadline:
            line = turn()
        assert line.startswith("new")
        _, number, kept = line.split()
        assert turn() == f"new {int(number) + 1} {int(kept) + 1}\n"
        process.stdin.close()
        assert process.stdout.readline().startswith("after")
        assert process.wait(30) == 0


def test_a_function_of_a_script_under_the_command_may_return_from_its_loop(
    tmp_path, environment
):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, livepatch\n"
        "def run():\n"
        "    for i, x in enumerate(livepatch.loop(range(100))):\n"
        "        print('old', flush=True)\n"
        "        sys.stdin.readline()\n"
        "    return 'end'\n"
        "print(run(), flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-m", "livepatch", "script.py"], cwd=tmp_path, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == "old\n"
        script.write_text(
            script.read_text().replace("print('old', flush=True)", "return 'new'")
        )
        while "run" not in process.stderr.readline():
            continue
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "new\n"
        process.stdin.close()
        assert process.wait(30) == 0
