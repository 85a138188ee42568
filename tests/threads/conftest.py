"""Many functions in several files, all of which say the number of their version."""

import sys
import threading

import pytest

MODULES, FUNCTIONS = 4, 60


class Crowd:
    """Functions of several modules; `become(n)` rewrites all files at once."""

    def __init__(self, project):
        self.project = project
        self.modules = [
            project.start(f"crowd{index}", self.text(0)) for index in range(MODULES)
        ]
        self.functions = [
            getattr(module, f"f{number}")
            for module in self.modules
            for number in range(FUNCTIONS)
        ]

    @staticmethod
    def text(version):
        return "\n".join(
            f"def f{number}():\n    return {version + 1000}\n" for number in range(FUNCTIONS)
        )

    def become(self, version):
        for index in range(MODULES):
            self.project.write(f"crowd{index}.py", self.text(version))
        patch = self.project.refresh()
        assert patch.number, patch


@pytest.fixture
def crowd(project):
    return Crowd(project)


@pytest.fixture
def impatient():
    """Let threads take turns every microsecond."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


class Readers:
    """Threads that call `look` again and again; what it raises is raised by `finish`."""

    def __init__(self, count, look):
        self.errors, self.rounds, self.over = [], 0, threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(look,)) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def work(self, look):
        try:
            while not self.over.is_set():
                look()
                self.rounds += 1
        except BaseException as error:  # noqa: BLE001  raised again by `finish`
            self.errors.append(error)

    def wait_for(self, rounds):
        """Return when the readers have looked `rounds` times more, or one has failed."""
        goal = self.rounds + rounds
        while self.rounds < goal and not self.errors:
            self.over.wait(0.0005)

    def finish(self):
        self.over.set()
        for thread in self.threads:
            thread.join(60)
        if self.errors:
            raise self.errors[0]


@pytest.fixture
def readers():
    """Give what starts readers; they are at an end when the test is."""
    started = []

    def start(count, look):
        started.append(Readers(count, look))
        return started[-1]

    yield start
    for group in started:
        group.finish()
