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
    """Rewrite all ten files, one after the other."""
    for index in range(MODULES):
        text = BROKEN if broken and index == 4 else PART.format(index=index, version=version)
        path = Path(folder, "parts", f"part{index}.py")
        path.write_text(text)  # as most editors and tools do; jurigged overlooks a rename


def write_project(folder):
    """Write version 1 and the application."""
    Path(folder, "parts").mkdir(parents=True, exist_ok=True)
    Path(folder, "parts", "__init__.py").write_text("")
    names = ", ".join(f"part{index}" for index in range(MODULES))
    Path(folder, "answers.py").write_text(APP.format(names=names))
    write_version(folder, 1)
