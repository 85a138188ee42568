"""The patcher of the public verbs is made when it is needed, and then knows all that came before."""

import subprocess
import sys
import types
from pathlib import Path

import pytest

from livepatch.patching.front import Front

HEAVY = {"ast", "dataclasses", "inspect", "livepatch.model", "livepatch.patching.patcher"}


def test_a_program_that_is_not_edited_pays_for_no_parser(tmp_path):
    (tmp_path / "app.py").write_text("import sys\nprint(*sys.modules)\n")
    command = [sys.executable, "-m", "livepatch", "-q", "app.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    own = {"ast"} if "annotationlib" in loaded else set()  # 3.14's own library brings it along
    assert HEAVY & loaded - own == set()


def test_importing_livepatch_imports_nothing_but_itself(tmp_path):
    program = "import sys; before = set(sys.modules); import livepatch; print(set(sys.modules) - before)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "{'livepatch'}\n"


@pytest.fixture
def module(tmp_path, monkeypatch):
    file = tmp_path.resolve() / "noted.py"
    file.write_text("def f(): return 1\n")
    module = types.ModuleType("noted")
    module.__file__ = str(file)
    exec(compile(file.read_bytes(), file, "exec"), vars(module))
    monkeypatch.setitem(sys.modules, "noted", module)
    return module


def save(module, text):
    Path(module.__file__).write_text(text)


def test_what_was_noted_is_patched_from_the_text_that_was_executed(module):
    front = Front()
    front.track(module, module.__file__, b"def f(): return 1\n")
    assert front.is_tracked(module.__file__)
    save(module, "def f(): return 2\n")
    assert front.apply(front.files())
    assert module.f() == 2


def test_a_file_that_is_as_it_was_imported_needs_no_patcher(module):
    front = Front()
    front.track(module, module.__file__, b"def f(): return 1\n")
    assert front.apply(front.files()) is None
    assert front._patcher is None


def test_nothing_is_taken_while_the_files_are_being_written_again(module):
    front = Front()
    front.track(module, module.__file__, Path(module.__file__).read_bytes())
    save(module, "def f(): return 22\n")
    front.apply(frozenset({module.__file__}), lambda: False)
    assert module.f() == 1
    assert front.patcher().apply(), "the file is looked at again, whatever its stamp"
    assert module.f() == 22


def test_a_module_imported_before_is_known_to_be_late(module):
    front = Front()
    front.track(module, module.__file__)  # the file is younger than this process
    assert front.is_late(module.__file__)
    assert front.patcher().is_late(module.__file__)


def test_who_listens_before_the_patcher_is_made_hears_of_patches_until_it_stops(module):
    front, heard = Front(), []
    stop = front.on_patch(heard.append)
    front.track(module, module.__file__, b"def f(): return 1\n")
    save(module, "def f(): return 2\n")
    front.apply(front.files())
    assert [patch.number for patch in heard] == [1]
    stop()
    save(module, "def f(): return 3\n")
    front.apply(front.files())
    assert len(heard) == 1
    assert module.f() == 3


def test_a_file_that_went_away_before_the_patcher_was_made_is_left_out(module, tmp_path):
    front = Front()
    front.track(module, module.__file__)
    (tmp_path / "noted.py").unlink()
    assert front.patcher().files() == frozenset()
