"""Where codefind keeps everything that was executed, live closures are found all the same."""

import importlib.util
import os
import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
    import codefind
    from pathlib import Path

    Path("closures.py").write_text("def make(n):\\n    def inner():\\n        return n\\n    return inner\\n")
    import closures
    import livepatch

    held = closures.make(5)
    livepatch.patch(closures.make, "def make(n):\\n    def inner():\\n        return -n\\n    return inner")
    assert held() == -5, held()
    livepatch.patch(held, "def inner():\\n    return n * 2")
    assert held() == 10, held()
"""


def test_live_closures_follow_where_an_audit_hook_keeps_executed_code(tmp_path, environment):
    if importlib.util.find_spec("codefind") is None:
        pytest.skip("codefind is not installed")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)],
        cwd=tmp_path, env=environment | {"PYTHONPATH": f"{environment['PYTHONPATH']}{os.pathsep}{tmp_path}"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
