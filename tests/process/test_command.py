"""`python -m livepatch app.py` is `python app.py`: each program is run both ways and compared.

Standard output, standard error and exit status must be equal to the byte. Each program comes
with a piece of text that must be in its output, so that two empty outputs prove nothing.
"""

import os
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIVEPATCH = ["-m", "livepatch"]
RUNPY = '  File "<frozen runpy>", line '

PROGRAMS = {
    "its namespace": (
        """
        '''What it is.'''
        shown = {k: v for k, v in globals().items() if k not in ("__loader__", "shown")}
        for name, value in shown.items():
            print(name, repr(value))
        print(type(__loader__).__name__, __loader__.name, __loader__.path == __file__)
        print(sorted(n for n in dir() if "livepatch" in n), list(globals()))
        """,
        "__builtins__ <module 'builtins' (built-in)>",
    ),
    "its place": (
        """
        import os, sys
        print(sys.argv, sys.path, os.getcwd(), sys.flags, sys.executable, sys.warnoptions)
        import beside
        """,
        "['app.py', '-v', '--poll', 'x y', '-m']",
    ),
    "its own main module": (
        """
        import sys, __main__
        value = 1
        __main__.value += 1
        print(value, __main__ is sys.modules["__main__"], __main__, vars(__main__) is globals())
        """,
        "2 True <module '__main__' from",
    ),
    "classes of main": (
        """
        import dataclasses, enum, inspect, pickle, typing

        @dataclasses.dataclass(frozen=True)
        class Point:
            x: int
            other: "Point | None" = None

            def norm(self) -> "int":
                return abs(self.x)

        class Colour(enum.Enum):
            RED = 1

        point = pickle.loads(pickle.dumps(Point(3, Point(-4))))
        print(point, point.other.norm(), pickle.loads(pickle.dumps(Colour.RED)) is Colour.RED)
        print(typing.get_type_hints(Point), typing.get_type_hints(Point.norm), Point.__module__)
        print(inspect.getsource(Point.norm), inspect.getfile(Point), inspect.signature(Point))
        print(inspect.getmodule(Point))
        """,
        "def norm(self)",
    ),
    "annotations": (
        """
        import sys
        total: int = 1
        later: "list[int]"
        def f(x: undefined if False else total = 2): ...
        print(sys.modules["__main__"].__annotations__, f.__annotations__)
        """,
        "<class 'int'>",
    ),
    "no future flag is inherited": (
        """
        def f(x: print("evaluated") = 1): ...
        print(f.__annotations__, f.__code__.co_flags)
        """,
        "evaluated",
    ),
    "its own future flag": (
        """
        from __future__ import annotations
        def f(x: 1 / 0): ...
        print(f.__annotations__)
        """,
        "{'x': '1 / 0'}",
    ),
    "an exception": (
        """
        def f(n):
            return g(n - 1)
        def g(n):
            return 1 / n
        f(1)
        """,
        "ZeroDivisionError: division by zero",
    ),
    "an exception at module level": ("print('before')\nundefined_name", "NameError"),
    "a chain of exceptions": (
        """
        def f():
            try:
                {}["key"]
            except KeyError as error:
                raise ValueError("context") from error
        try:
            f()
        except ValueError as error:
            error.add_note("with a note")
            raise RuntimeError("the last")
        """,
        "direct cause of the following exception",
    ),
    "an exception group": (
        """
        def fails(n):
            raise OSError(n, "reason")
        caught = []
        for n in range(2):
            try: fails(n)
            except OSError as error: caught.append(error)
        raise ExceptionGroup("two", caught)
        """,
        "ExceptionGroup: two (2 sub-exceptions)",
    ),
    "a syntax error in what it imports": ("import broken", "SyntaxError: "),
    "a relative import": ("from . import beside", "attempted relative import with no known parent"),
    "an exception that cannot be printed": (
        """
        class Bad(Exception):
            def __str__(self): raise ValueError
        raise Bad
        """,
        "Bad: <exception str() failed>",
    ),
    "a bare BaseException": ("class Odd(BaseException): ...\nraise Odd('odd')", "Odd: odd"),
    "a hook of its own": (
        """
        import sys, traceback
        def hook(kind, value, tb):
            print("hook", kind, value, tb is value.__traceback__, file=sys.stderr)
            print([f.name for f in traceback.extract_tb(tb)], file=sys.stderr)
        sys.excepthook = hook
        def f(): raise LookupError("seen")
        f()
        """,
        "['<module>', 'f']",
    ),
    "a hook that fails": (
        """
        import sys
        def hook(kind, value, tb): raise TypeError("in the hook")
        sys.excepthook = hook
        raise LookupError("original")
        """,
        "Error in sys.excepthook:",
    ),
    "a hook that exits": (
        "import sys\nsys.excepthook = lambda *a: sys.exit('left by the hook')\nraise LookupError",
        "left by the hook",
    ),
    "a hook that is missing": (
        "import sys\ndel sys.excepthook\nraise LookupError('original')",
        "sys.excepthook is missing",
    ),
    "what the interpreter keeps of the last exception": (
        """
        import atexit, sys, traceback
        def look():
            names = [f.name for f in traceback.extract_tb(sys.last_traceback)]
            print(sys.last_type, sys.last_value, names, sys.last_value.__traceback__ is
                  sys.last_traceback, sys.excepthook is sys.__excepthook__)
        atexit.register(look)
        def f(): raise LookupError("kept")
        f()
        """,
        "<class 'LookupError'> kept ['<module>', 'f'] True True",
    ),
    "no exception is being handled": ("import sys\nprint(sys.exc_info())", "(None, None, None)"),
    "KeyboardInterrupt": ("def f(): raise KeyboardInterrupt\nf()", "KeyboardInterrupt"),
    "an exception in a thread": (
        """
        import threading
        def work(): raise ValueError("in the thread")
        t = threading.Thread(target=work, name="worker")
        t.start(); t.join()
        print("main goes on")
        """,
        "Exception in thread worker:",
    ),
    "threads are awaited": (
        """
        import atexit, threading
        ready = threading.Event()
        def work():
            threading.main_thread().join()
            print("the thread is last but for atexit")
        atexit.register(print, "atexit")
        threading.Thread(target=work).start()
        threading.Thread(target=ready.wait, daemon=True).start()
        print("main ends")
        raise SystemExit(5)
        """,
        "the thread is last but for atexit\natexit",
    ),
    "the order of atexit": (
        """
        import atexit, sys
        class Loud:
            def __del__(self): print("deleted", flush=True)
        loud = _private = Loud()
        atexit.register(print, "registered first, runs last")
        @atexit.register
        def fails(): raise ValueError("in atexit")
        atexit.register(print, "registered last, runs first")
        print("end of main")
        """,
        "end of main\nregistered last, runs first\nregistered first, runs last\ndeleted",
    ),
    "what is left of main after an end": (
        """
        import atexit
        atexit.register(lambda: print(sorted(n for n in globals() if n[0] == "_")))
        """,
        "'__builtins__', '__doc__', '__loader__', '__name__'",
    ),
    "what is left of main after an exception": (
        """
        import atexit, sys
        atexit.register(lambda: print(sorted(n for n in globals() if n[0] == "_")))
        sys.excepthook = lambda *found: print("hook", __file__, found[1])
        raise LookupError
        """,
        "app.py",
    ),
    "what is left of main after sys.exit": (
        """
        import atexit, sys
        atexit.register(lambda: print(sorted(n for n in globals() if n[0] == "_")))
        sys.exit()
        """,
        "'__builtins__'",
    ),
    "globals die in order": (
        """
        class Loud:
            def __init__(self, name): self.name = name
            def __del__(self): print("deleted", self.name, __name__, flush=True)
        b, _a, c = Loud("b"), Loud("_a"), Loud("c")
        """,
        "deleted _a",
    ),
    "an exception that nobody can raise": (
        "class Bad:\n    def __del__(self): raise ValueError('unraisable')\nBad()\nprint('on')",
        "ValueError: unraisable",
    ),
    "a warning": (
        """
        import warnings
        def f(): warnings.warn("look here", stacklevel=2)
        f()
        warnings.warn("old", DeprecationWarning)
        """,
        "f()\n",
    ),
    "a syntax warning of its own": ("assert (1, 'always true')\nprint('ran')", "SyntaxWarning"),
    "os._exit": ("import os\nprint('out', flush=True)\nos._exit(7)", "out"),
    "death by a signal": (
        "import os, signal\nprint('out', flush=True)\nos.kill(os.getpid(), signal.SIGTERM)",
        "out",
    ),
    "a signal handler of its own": (
        """
        import os, signal
        signal.signal(signal.SIGTERM, lambda n, frame: print("handled", n, frame.f_code.co_name))
        os.kill(os.getpid(), signal.SIGTERM)
        print(signal.getsignal(signal.SIGINT))
        """,
        "handled 15 <module>",
    ),
    "a closed stdout": ("import os\nprint('lost')\nos.close(1)", "OSError"),
    "piped stdin by line": (
        "import sys\nfor line in sys.stdin:\n    print(repr(line))\nprint(sys.stdin.isatty())",
        "'second'",
    ),
    "input to the end": ("while True:\n    print(repr(input('> ')))", "EOFError"),
    "asyncio": (
        """
        import asyncio
        async def child():
            await asyncio.sleep(0)
            raise ValueError("in a task")
        async def main():
            async with asyncio.TaskGroup() as group:
                group.create_task(child())
        asyncio.run(main())
        """,
        "ValueError: in a task",
    ),
    "a pool of threads left open": (
        """
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(2)
        print(sorted(pool.map(len, ["a", "bb"])))
        pool.submit(print, "late")
        """,
        "late",
    ),
    "a child of its own": (
        """
        import subprocess, sys
        if len(sys.argv) == 2:
            print("child", sys.argv, __name__, "livepatch" in sys.modules)
        else:
            subprocess.run([sys.executable, __file__, "child"], check=True)
        """,
        "'child'] __main__ False",
    ),
    "runpy inside": (
        """
        import runpy, sys
        names = runpy.run_path("beside.py", run_name="__main__")
        print(names["__name__"], sys.modules["__main__"].__file__ == __file__)
        """,
        "__main__ True",
    ),
}  # fmt: skip
ARGUMENTS = {"its place": ["-v", "--poll", "x y", "-m"]}

EXITS = {
    "3": 3, "None": 0, "": 0, "True": 1, "259": 3, "-1": 255, "'some text'": 1, "[1, 2]": 1,
    "(4, 5)": 1, "2.0": 1,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "beside.py").write_text("print('beside', __name__)\n")
    (tmp_path / "broken.py").write_text("def f(:\n    pass\n")
    return tmp_path


def both(folder, words, *, flags=(), command=LIVEPATCH, stdin=b"first\nsecond"):
    """Run `words` without and with livepatch at once; give the two outcomes."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment["PYTHONPATH"] = str(ROOT)
    runs = [
        subprocess.Popen(
            [sys.executable, *flags, *way, *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for way in ([], command)
    ]
    outcomes = [(*run.communicate(stdin, timeout=60), run.returncode) for run in runs]
    return [(_plain(out), _plain(err), status) for out, err, status in outcomes]


def _plain(output):
    """Decode; two processes differ in where their objects and threads are, and only there."""
    return re.sub(r"(0x|started )\w+", r"\1...", output.decode())


def assert_same(folder, words, fragment, **options):
    plain, patched = both(folder, words, **options)
    assert fragment in plain[0] + plain[1]
    assert patched == plain
    return plain


def without_runpy(text):
    """Drop the frames of runpy, which `python -m` shows and livepatch does not."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(RUNPY))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_cannot_tell(folder, name):
    source, fragment = PROGRAMS[name]
    (folder / "app.py").write_text(textwrap.dedent(source).lstrip("\n"))
    assert_same(folder, ["app.py", *ARGUMENTS.get(name, [])], fragment)


@pytest.mark.parametrize("value", EXITS)
@pytest.mark.skipif(os.name == "nt", reason="exit statuses are not one byte there")
def test_an_exit_status_is_the_programs(folder, value):
    (folder / "app.py").write_text(f"import sys\nprint('x')\ndef f(): sys.exit({value})\nf()\n")
    assert assert_same(folder, ["app.py"], "x")[2] == EXITS[value]


def test_a_subclass_of_system_exit_ends_the_program(folder):
    (folder / "app.py").write_text("class Quit(SystemExit): ...\nraise Quit(9)\n")
    assert assert_same(folder, ["app.py"], "")[2] == 9


@pytest.mark.parametrize(
    "source",
    [
        b"x = (\n",
        b"def f(:\n    pass\n",
        b"if 1:\n    x\n  y\n",
        b"def f():\n    return 'abc\n",
        b"return 1\n",
        b"print('never')\nbreak\n",
        b"# coding: latin-1\nx = '\xe9' 1\n",
    ],
)
def test_a_syntax_error_is_shown_as_the_interpreter_shows_it(folder, source):
    (folder / "app.py").write_bytes(source)
    assert_same(folder, ["app.py"], "Error: ")


@pytest.mark.parametrize(
    "source",
    [
        b"# coding: latin-1\nprint(ascii('\xe9'))\n1 / 0  # \xe9\n",
        b"\xef\xbb\xbfprint('a'); 1 / 0\n",
        b"print('a')\r\nif 1:\r\n    1 / 0\r\n",
        b"print('a')\r1 / 0",
        b"print('''a\r\nb'''.encode()); 1 / 0",
        b"\x0cprint('a'); 1 / 0",
    ],
)
def test_the_bytes_of_a_script_are_read_as_the_interpreter_reads_them(folder, source):
    (folder / "app.py").write_bytes(source)
    assert_same(folder, ["app.py"], "ZeroDivisionError")


@pytest.mark.parametrize(
    "flags",
    [["-O"], ["-OO"], ["-W", "error"], ["-X", "dev"], ["-P"], ["-u"], ["-b"], ["-s", "-B"]],
    ids=" ".join,
)
def test_the_interpreters_own_options_stay_its_own(folder, flags):
    (folder / "app.py").write_text(
        textwrap.dedent("""
        '''A docstring.'''
        import sys, warnings
        def f(): '''Another.'''
        print(sys.flags, sys.path, sys.warnoptions, sys._xoptions, __doc__, f.__doc__)
        print(b"a" == "a")
        assert sys.argv == [], "asserted"
        warnings.warn("warned")
        """)
    )
    assert_same(folder, ["app.py"], "sys.flags(", flags=flags)


@pytest.mark.parametrize(
    "path", ["./app.py", "sub/../app.py", "sub/link.py", "{}/app.py", "noext"]
)
def test_a_path_is_spelt_as_the_interpreter_spells_it(folder, path):
    source = "import sys\nprint(__file__, sys.argv, sys.path)\nimport beside\n1 / 0\n"
    (folder / "app.py").write_text(source)
    (folder / "noext").write_text(source)
    (folder / "sub").mkdir()
    (folder / "sub" / "link.py").symlink_to("../app.py")
    assert_same(folder, [path.format(folder)], "ZeroDivisionError")


@pytest.fixture
def package(folder):
    show = "import sys\nprint(__name__, __spec__, __package__, __file__, sys.argv, sys.path)\n"
    names = "print([n for n in globals()])\n"
    for path, text in {
        "pack/__init__.py": "import sys\nprint('init', sys.argv)\n",
        "pack/mod.py": show + names + "from . import other\nimport pack.other\ndef f(): 1 / 0\nf()\n",
        "pack/other.py": "print('other', __name__)\n",
        "pack/inner/__init__.py": "",
        "pack/inner/__main__.py": show + "from ..other import __name__\nprint(__name__)\n",
        "pack/bad.py": "x = (\n",
        "fails/__init__.py": "def f(): raise ValueError('while the parent is imported')\nf()\n",
        "fails/mod.py": "",
        "twice/__init__.py": "import twice.mod\n",
        "twice/mod.py": "print('twice', __name__)\n",
        "place/__main__.py": show + "import beside_it\n1 / 0\n",
        "place/beside_it.py": "print('beside it')\n",
    }.items():  # fmt: skip
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["-m", "pack.mod", "-v", "x"], "ZeroDivisionError"),
        (["-m", "pack.inner", "--help"], "other pack.other"),
        (["-m", "fails.mod"], "ValueError: while the parent is imported"),
        (["-m", "beside"], "beside __main__"),
        (["place", "x"], "ZeroDivisionError"),
        (["./place/"], "beside it"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_module_or_folder_runs_as_under_python(package, words, fragment):
    plain, patched = both(package, words)
    assert fragment in plain[0] + plain[1]
    assert patched == (plain[0], without_runpy(plain[1]), plain[2])


def test_a_syntax_error_in_a_module_is_shown_without_the_machinery_of_imports(package):
    plain, patched = both(package, ["-m", "pack.bad"])
    assert "SyntaxError: '(' was never closed" in plain[1]
    shown = [line for line in plain[1].splitlines(keepends=True) if "<frozen " not in line]
    assert patched == (plain[0], "".join(shown[1:]), 1)


def test_a_module_that_its_package_has_imported_is_warned_about(package):
    _, (out, err, status) = both(package, ["-m", "twice.mod"])
    assert (out, status) == ("twice twice.mod\ntwice __main__\n", 0)
    assert "RuntimeWarning: 'twice.mod' found in sys.modules after import of package" in err


def test_an_archive_runs_as_under_python(folder):
    with zipfile.ZipFile(folder / "app.zip", "w") as archive:
        archive.writestr(
            "__main__.py", "import inside, sys\nprint(__file__, __package__, sys.path)\n1 / 0\n"
        )
        archive.writestr("inside.py", "print('inside', __file__)\n")
    plain, patched = both(folder, ["app.zip"])
    assert "inside" in plain[0]
    assert patched == (plain[0], without_runpy(plain[1]), plain[2])


def test_a_compiled_file_runs_as_under_python(folder):
    (folder / "app.py").write_text("print(__file__, __loader__.__class__)\n1 / 0\n")
    script = "import py_compile; py_compile.compile('app.py', 'other.pyc', doraise=True)"
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True)
    assert_same(folder, ["other.pyc"], "SourcelessFileLoader")


def console_script(folder):
    """Write what pip installs as `livepatch`."""
    (folder / "bin").mkdir()
    script = folder / "bin" / "livepatch"
    script.write_text("from livepatch.cli.main import console\nconsole()\n")
    return [str(script)]


def test_the_console_script_runs_programs_too(folder):
    (folder / "app.py").write_text("import sys, beside\nprint(sys.argv, sys.path)\n1 / 0\n")
    assert_same(folder, ["app.py", "-v"], "ZeroDivisionError", command=console_script(folder))


def test_a_program_gets_its_own_module_where_livepatch_has_imported_one_of_that_name(folder):
    (folder / "dataclasses.py").write_text("print('its own')\n")
    (folder / "app.py").write_text("import dataclasses\nprint(dataclasses.__file__)\n")
    assert_same(folder, ["app.py"], "its own", command=console_script(folder))


def test_livepatch_imports_nothing_from_the_working_folder(folder):
    (folder / "dataclasses.py").write_text("print('its own')\n")
    (folder / "app.py").write_text("import dataclasses\nprint(dataclasses.__file__)\n")
    assert_same(folder, ["app.py"], "its own")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["missing.py"], 2, "can't open file"),
        (["empty"], 1, "can't find '__main__' module in"),
        (["-m", "missing"], 1, "No module named missing"),
        (["-m", "empty"], 1, "'empty' is a package and cannot be directly executed"),
        (["-m", "beside.py"], 1, "Try using 'beside' instead of 'beside.py'"),
        (["-m", "nope.mod"], 1, "Error while finding module specification for 'nope.mod'"),
        (["-m", ".beside"], 1, "Relative module names not supported"),
    ],
)
def test_what_cannot_be_run_is_refused_as_python_refuses_it(folder, words, status, message):
    (folder / "empty").mkdir()
    (folder / "empty" / "__init__.py").write_text("")
    plain, patched = both(folder, words)
    assert (plain[2], patched[2]) == (status, status)
    assert message in plain[1]
    assert message in patched[1]
    assert "Traceback" not in patched[1]
    assert patched[0] == plain[0]


METHODS = ["spawn"] if os.name == "nt" else ["spawn", "fork", "forkserver"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "words", [["app.py"], ["-m", "app"], ["-m", "bundle.app"]], ids=" ".join
)
def test_processes_are_started_as_under_python(folder, method, words):
    source = textwrap.dedent(f"""
        import multiprocessing, sys
        from concurrent.futures import ProcessPoolExecutor

        class Result:
            def __init__(self, text): self.text = text

        def work(n):
            main = sys.modules["__main__"]
            return Result(f"{{n}} {{__name__}} {{main.__name__}} {{sys.argv}} {{main.__spec__}}")

        def fails(): raise ValueError("in the child")

        if __name__ == "__main__":
            context = multiprocessing.get_context({method!r})
            with context.Pool(1) as pool:
                print([r.text for r in pool.map(work, [1, 2])])
                pool.close()
                pool.join()
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                print(pool.submit(work, 3).result().text)
            child = context.Process(target=fails)
            child.start(); child.join()
            print("exit", child.exitcode)
        """)
    (folder / "app.py").write_text(source)
    (folder / "bundle").mkdir()
    (folder / "bundle" / "app.py").write_text(source)
    plain, patched = both(folder, words)
    assert "exit 1" in plain[0]
    assert "ValueError: in the child" in plain[1]
    assert patched == plain


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.xfail(
    sys.version_info[:2] == (3, 13),
    strict=True,
    reason="3.13 counts the threads after the watcher has gone on, and warns",
)
def test_a_fork_exits_by_itself(folder):
    (folder / "app.py").write_text(
        textwrap.dedent("""
        import atexit, os, sys
        atexit.register(lambda: print("atexit", flush=True))
        pid = os.fork()
        if pid == 0:
            raise LookupError("in the fork")
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """)
    )
    assert assert_same(folder, ["app.py"], "LookupError: in the fork")[0].count("atexit") == 2


@pytest.mark.xfail(strict=True, reason="the watcher's thread can be seen")
def test_a_program_sees_only_its_own_threads(folder):
    (folder / "app.py").write_text(
        "import threading\nprint(len(threading.enumerate()), 'seen')\n"
    )
    assert_same(folder, ["app.py"], "1 seen")


def test_below_the_program_are_only_frames_of_the_command(folder):
    """A limitation: `sys._getframe`, `traceback.print_stack` and the like see eight more."""
    (folder / "app.py").write_text(
        "import traceback\nprint(*[f.filename for f in traceback.extract_stack()], sep='\\n')\n"
    )
    _, (out, err, _) = both(folder, ["app.py"])
    *below, program = out.splitlines()
    assert program == str(folder / "app.py")
    assert len(below) == 8
    assert {Path(name).parent.name for name in below[3:]} == {"cli"}
    assert err == ""


def test_main_is_patched_while_it_runs_and_its_guard_is_not(folder):
    source = "def f(): return 'old'\nif __name__ == '__main__':\n    while input(): print(f(), flush=True)\n"
    (folder / "app.py").write_text(source)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    run = subprocess.Popen(
        [sys.executable, *LIVEPATCH, "app.py"],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    run.stdin.write("go\n")
    assert run.stdout.readline() == "old\n"
    (folder / "app.py").write_text(source.replace("old", "new"))
    assert "patch 1" in run.stderr.readline()
    assert "app.py:1" in run.stderr.readline()
    run.stdin.write("go\n")
    assert run.stdout.readline() == "new\n"
    assert run.communicate("\n", timeout=60)[0] == ""
    assert run.returncode == 0
