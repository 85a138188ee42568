"""Hosts go on in the child of a fork, each with a thread and connections of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

ENGINE = """\
import os, sys, time
from pathlib import Path
from livepatch.hosting import Engine, PluginManager

plugin = "_plugin_name = 'p'\\n_plugin_version = '1'\\ndef run(): return {}\\n"
source, folder = Path("engine.py"), Path("plugins")
folder.mkdir()
source.write_text("def f(): return 0\\n")
(folder / "p.py").write_text(plugin.format(0))

def follows(number):
    source.write_text(f"def f(): return {number}\\n")
    (folder / "p.py").write_text(plugin.format(number))
    limit = time.monotonic() + 20
    while (engine.f(), manager.get_plugin("p").call()) != (number, number):
        if time.monotonic() > limit:
            sys.exit(f"{number}: {engine.f()} {manager.get_plugin('p').call()}")
        time.sleep(0.01)

with Engine(source, frequency=60) as engine, PluginManager(folder, True, 60_000) as manager:
    follows(1)
    child = os.fork()
    if not child:
        follows(2)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    follows(3)
print("both followed")
"""

SCRIPTS = """\
import os, sys, time
from livepatch.hosting import ScriptHost, ScriptStore

CODE = "from livepatch.hosting import BaseHandler\\nclass H(BaseHandler):\\n    def execute(self): return "
store = ScriptStore("sqlite:///scripts.db")
store.put("s", CODE + "0")

def follows(number):
    store.put("s", CODE + str(number))
    limit = time.monotonic() + 20
    while host.run("s").results != (number,):
        if time.monotonic() > limit:
            sys.exit(f"{number}: {host.run('s')}")
        time.sleep(0.01)

with ScriptHost(store, interval=0.02) as host:
    follows(1)
    child = os.fork()
    if not child:
        follows(2)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    follows(3)
print("both followed")
"""


@pytest.mark.parametrize("program", [ENGINE, SCRIPTS], ids=["files", "scripts"])
def test_parent_and_child_both_follow_after_a_fork(program, tmp_path):
    if program is SCRIPTS:
        pytest.importorskip("sqlalchemy")
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-W", "error", "program.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "both followed\n", "")
