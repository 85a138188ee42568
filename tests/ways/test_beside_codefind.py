"""Where codefind, which jurigged imports, keeps all that was executed, closures are found."""

import importlib.util
import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
    import jurigged
    import sys
    from pathlib import Path

    sys.path.insert(0, ".")
    source = Path("worker.py")
    source.write_text(
        "from livepatch import live\\n"
        "@live(loops=True)\\n"
        "def run(step):\\n"
        "    found = []\\n"
        "    for i in range(4):\\n"
        "        step()\\n"
        "        found.append(i)\\n"
        "    return found\\n"
    )
    import livepatch
    import worker

    def step():
        source.write_text(source.read_text().replace("append(i)", "append(-i)"))
        livepatch.refresh()

    assert worker.run(step) == [0, -1, -2, -3]
"""


def test_the_body_of_a_running_loop_is_found_beside_an_audit_hook(tmp_path, environment):
    if importlib.util.find_spec("jurigged") is None:
        pytest.skip("jurigged is not installed")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
