"""Writes the program that is under load: ten modules, and an application that calls all of them."""

from pathlib import Path

MODULES = 10

PART = '''"""Part {index} of the program, version {version}."""


class Part:
    def __init__(self, seed):
        self.seed = seed

    @property
    def label(self):
        return {version}

    def mix(self, n):
        return sum(range(n)) * 0 + {version}


PART = Part({index})


def stamp(n):
    values = {{{version}, PART.label, PART.mix(n)}}
    values.update(steps())
    return min(values), max(values)


def steps():
    yield {version}
    yield helper()


def helper():
    return {version}
'''

BROKEN = "def stamp(n:\n    return\n"

APP = '''"""The application: a response says which versions of the ten modules made it."""

import json

from parts import {names}

PARTS = [{names}]


def answer():
    low, high = [], []
    for part in PARTS:
        first, last = part.stamp(5)
        low.append(first)
        high.append(last)
    return json.dumps([min(low), max(high)])
'''


def write_version(folder, version, broken=False):
    """Rewrite all ten files the way `git checkout` does, under the lock that it holds meanwhile."""
    lock = Path(folder, ".git", "index.lock")
    lock.touch()
    try:
        write_files(folder, version, broken)
    finally:
        lock.unlink()


def write_files(folder, version, broken=False):
    """Rewrite all ten files, one after the other; how far apart in time is up to the machine."""
    for index in range(MODULES):
        text = BROKEN if broken and index == 4 else PART.format(index=index, version=version)
        path = Path(folder, "parts", f"part{index}.py")
        path.write_text(text)  # as most editors and tools do; jurigged overlooks a rename


def write_project(folder):
    """Write version 1 and the application."""
    Path(folder, "parts").mkdir(parents=True, exist_ok=True)
    Path(folder, ".git").mkdir(exist_ok=True)
    Path(folder, ".git", "HEAD").write_text("ref: refs/heads/main\n")
    Path(folder, "parts", "__init__.py").write_text("")
    names = ", ".join(f"part{index}" for index in range(MODULES))
    Path(folder, "answers.py").write_text(APP.format(names=names))
    write_version(folder, 1)
