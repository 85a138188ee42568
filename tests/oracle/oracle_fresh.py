"""The fresh interpreter that a live program is compared with."""

import atexit
import json
import subprocess
import sys
from pathlib import Path


class Fresh:
    """The fresh interpreter: one process, asked with texts, answering with what can be seen."""

    def __init__(self):
        self._process = None
        self._answers = {}

    def ask(self, **request):
        line = json.dumps(request)
        if line not in self._answers:
            if self._process is None:
                self._start()
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            if len(self._answers) > 200:
                self._answers.clear()
            answer = self._process.stdout.readline()
            assert answer, f"the fresh interpreter died: {line}"
            self._answers[line] = json.loads(answer)
        return self._answers[line]

    def _start(self):
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "oracle_server.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        atexit.register(self._stop)

    def _stop(self):
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()
