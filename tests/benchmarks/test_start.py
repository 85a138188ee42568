"""What livepatch costs a program before anything is edited: its start, and its imports."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.benchmark
COMMANDS = {"python": [], "livepatch": ["-m", "livepatch", "-q"]}
# compiled code is kept, as in real life
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
MODULE = "import re\n\n\ndef version():\n    return {k}\n"


def run_timed(benchmark, command):
    options = {"env": ENVIRONMENT}
    benchmark.pedantic(subprocess.check_call, (command,), options, rounds=20, warmup_rounds=2)


@pytest.fixture
def program(tmp_path):
    """Give a script that imports fifty modules and ends."""
    for k in range(50):
        (tmp_path / f"m{k}.py").write_text(MODULE.format(k=k))
    script = tmp_path / "app.py"
    script.write_text("".join(f"import m{k}\n" for k in range(50)) + "import os; os._exit(0)\n")
    return script


@pytest.mark.parametrize("tool", COMMANDS)
def test_the_start_of_a_program_of_fifty_modules(program, benchmark, tool):
    benchmark.group = "start of a program"
    command = [sys.executable, *COMMANDS[tool], str(program)]
    run_timed(benchmark, command)


@pytest.mark.parametrize("statement", ["pass", "import livepatch", "import livepatch.api"])
def test_the_import_of_livepatch(benchmark, statement):
    benchmark.group = "import of livepatch"
    command = [sys.executable, "-c", statement]
    run_timed(benchmark, command)
