"""The corpus: one folder per behaviour, applied to a live program and to a fresh one.

A folder of `tests/cases` holds `before.py` (the module `app`) or a folder `before` of modules,
the same for `after`, and `check.py`, which runs after the refresh and asserts what is true then.
`hold.py`, where there is one, runs before it and takes references, in the same namespace: the
modules by their names, `live`, `project`, and in the checks `patch`. `after_2` and `check_2`
are a second save.

Every case also runs in a fresh interpreter that imports the last files alone: `hold.py`, then the
last check, with `live` false. `needs.txt` names the oldest Python that can read the case.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path for path in CASES.iterdir() if (path / "check.py").exists())
each_case = pytest.mark.parametrize("case", FOLDERS, ids=lambda path: path.name)
FRESH = """
import importlib, pathlib, sys
case, folder, check = map(pathlib.Path, sys.argv[1:4])
sys.path.insert(0, str(folder))
space = {name: importlib.import_module(name) for name in sys.argv[4:]}
space.update(live=False, patch=None, project=None)
for step in (case / "hold.py", check):
    if step.exists():
        exec(compile(step.read_text("utf-8"), str(step), "exec"), space)
"""


def needs(case):
    """Give the oldest version that can read the case."""
    path = case / "needs.txt"
    return tuple(map(int, path.read_text().split("."))) if path.exists() else (3, 11)


def texts(case, step):
    """Give the files of one step of a case by their paths in the project."""
    single = case / f"{step}.py"
    if single.exists():
        return {"app.py": single.read_bytes()}
    root = case / step
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.py")}


def modules_of(files):
    """Give the names of the modules that `files` hold."""
    names = [name.removesuffix(".py").replace("/", ".") for name in sorted(files)]
    return [name.removesuffix(".__init__") for name in names]


def steps(case):
    """Give the steps after the first as pairs of the name of the files and of the check."""
    found = [("after", "check")]
    while (case / f"check_{len(found) + 1}.py").exists():
        number = len(found) + 1
        found.append((f"after_{number}", f"check_{number}"))
    return found


def run(path, space):
    """Execute a file of the corpus in the namespace of its case."""
    if path.exists():
        exec(compile(path.read_text("utf-8"), str(path), "exec"), space)


@each_case
def test_the_live_program_becomes_what_the_case_says(case, project):
    if sys.version_info < needs(case):
        pytest.skip("newer syntax")
    for name, data in texts(case, "before").items():
        project.write(name, data)
    space = {name: project.load(name) for name in modules_of(texts(case, "before"))}
    space.update(live=True, project=project)
    run(case / "hold.py", space)
    for after, check in steps(case):
        for name, data in texts(case, after).items():
            project.write(name, data)
        space["patch"] = project.refresh()
        run(case / f"{check}.py", space)


@each_case
def test_a_fresh_interpreter_agrees_with_the_case(case, tmp_path):
    if sys.version_info < needs(case):
        pytest.skip("newer syntax")
    files = texts(case, "before")
    for after, _ in steps(case):
        files.update(texts(case, after))
    if (case / "live_only.txt").exists():
        pytest.skip((case / "live_only.txt").read_text("utf-8").strip())
    for name, data in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    command = [sys.executable, "-c", FRESH, case, tmp_path, case / f"{steps(case)[-1][1]}.py"]
    outcome = subprocess.run(
        [*map(str, command), *modules_of(files)],
        capture_output=True, text=True, timeout=100, env={**os.environ, "PYTHONPATH": ""},
        check=False,
    )  # fmt: skip
    assert outcome.returncode == 0, outcome.stderr
