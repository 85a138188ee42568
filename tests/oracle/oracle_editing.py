"""Random programs under random edits: what runs must be what a fresh interpreter would run.

A machine edits a program of several modules, saves, has livepatch apply it, and compares all
that can be seen of the live program, through names and through references held since the start,
with a fresh interpreter that imports the final files. A difference is allowed only where
`patch.notes` names it.
"""

import copy
import importlib
import os
import re
import shutil
import sys
import tempfile
import types
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import oracle_edits as edits
import oracle_observing as observing
import oracle_server as server
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from oracle_derived import Derived
from oracle_fresh import Fresh
from oracle_programs import (
    Conditional,
    Constant,
    Import,
    Klass,
    Maker,
    Module,
    Program,
    bound_name,
)

from livepatch.patching.patcher import Patcher

common = {
    "deadline": None,
    "suppress_health_check": list(hypothesis.HealthCheck),
    "print_blob": True,
}
# The same examples each time, so that a commit is judged by what it changes; the nightly ones differ.
hypothesis.settings.register_profile("default", max_examples=40, derandomize=True, **common)
hypothesis.settings.register_profile("ci", max_examples=300, derandomize=True, **common)
hypothesis.settings.register_profile("nightly", max_examples=10_000, **common)
WITHOUT_CTYPES = bool(os.environ.get("LIVEPATCH_NO_CTYPES"))
PROFILE = os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default")
BROKEN = ("def broken(:\n    pass\n", "x = (\n", "1 / 0\n", "def late(x=no_such_name): pass\n")


FRESH = Fresh()


@dataclass
class Version:
    """A program that was applied, where each held reference leads in it, and what is stale."""

    program: Program
    texts: dict
    held: dict  # label -> (kind, module, path)
    stale: frozenset = frozenset()  # (module, name), as the notes said


class Editing(RuleBasedStateMachine):
    """One program that is edited while it runs."""

    @initialize(data=st.data())
    def begin(self, data):
        self.folder = Path(tempfile.mkdtemp(prefix="oracle")).resolve()
        self.log = []
        self.patcher = Patcher()
        self.objects = {}
        program = edits.start(lambda options: data.draw(st.sampled_from(options)))
        self.files = {m.name: str(self.folder / f"{m.name}.py") for m in program.modules}
        texts = program.texts()
        if "error" in FRESH.ask(files=self.files, texts=texts, held=[]):
            program = Program([Module(name, []) for name in self.files])
            texts = program.texts()
        self.done, self.undone = [], []
        self.disk = {}
        self.save(texts)
        self.load()
        self.version = Version(program, texts, {})
        self.hold()
        self.compare(())

    def save(self, texts):
        for name, text in texts.items():
            if self.disk.get(name) != text:
                self.log.append((name, text))
                Path(self.files[name]).write_text(text, "utf-8")
                self.disk[name] = text

    def apply(self):
        self.log.append("apply")
        return self.patcher.apply()

    def load(self):
        sys.path.insert(0, str(self.folder))
        sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
        importlib.invalidate_caches()
        try:
            self.modules = {name: importlib.import_module(name) for name in self.files}
        finally:
            sys.path.remove(str(self.folder))
            sys.dont_write_bytecode = before
        for name, module in self.modules.items():
            self.patcher.track(module, self.files[name], self.disk[name].encode())

    def teardown(self):
        for name in getattr(self, "modules", ()):
            sys.modules.pop(name, None)
        shutil.rmtree(self.folder, ignore_errors=True)

    @rule(data=st.data(), count=st.integers(1, 4))
    def edit(self, data, count):
        """Save an edited program; it goes live."""
        program = copy.deepcopy(self.version.program)
        for _ in range(count):
            change = data.draw(st.sampled_from(edits.EDITS))
            tried = copy.deepcopy(program)
            change(tried, lambda options: data.draw(st.sampled_from(options)))
            if "error" not in FRESH.ask(files=self.files, texts=tried.texts(), held=[]):
                program = tried
        texts = program.texts()
        live = self.version.texts
        if any(text == self.disk[name] != live[name] for name, text in texts.items()):
            return  # what was undone is saved again as it was: nobody can see a new save
        self.save(texts)
        patch = self.apply()
        assert patch.ok, self.story(patch.errors[0].traceback or repr(patch))
        before = self.version
        self.version = Version(program, texts, dict(before.held), before.stale)
        if patch:
            self.done.append(before)
            self.undone.clear()
        self.follow(before)
        self.taint(patch)
        self.compare(patch.notes)
        self.hold()

    @rule(data=st.data(), broken=st.sampled_from(BROKEN))
    def break_one_file(self, data, broken):
        """Save a file that cannot be taken; nothing of the batch goes live."""
        seen = self.seen(sources=False)
        program = copy.deepcopy(self.version.program)
        edits.edit_other(program, lambda options: data.draw(st.sampled_from(options)))
        texts = program.texts()
        name = data.draw(st.sampled_from(sorted(texts)))
        texts[name] += broken
        self.save(texts)
        patch = self.apply()
        assert not patch.ok, self.story("a broken text was taken")
        self.same(seen, self.seen(sources=False), "after a refusal")
        self.save(self.version.texts)
        patch = self.apply()
        assert patch.ok, self.story(f"the mended files are refused: {patch}")
        assert not patch, self.story(f"the mended files change something: {patch.changes}")

    @precondition(lambda self: self.done)
    @rule()
    def undo(self):
        """Take the newest patch back."""
        self.log.append("undo")
        assert self.patcher.undo().ok
        self.undone.append(self.version)
        self.version = self.done.pop()
        self.compare((), sources=False)

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self):
        """Do again what was undone."""
        self.log.append("redo")
        assert self.patcher.redo().ok
        self.done.append(self.version)
        self.version = self.undone.pop()
        self.compare((), sources=False)

    def taint(self, patch):
        """Note which names the patch leaves stale and says so; what ran again is fresh."""
        names = {file: name for name, file in self.files.items()}
        ran = {(change.module, change.qualname.split(".")[0]) for change in patch.changes}
        said = {
            (names[note.file], note.qualname.split(".")[0])
            for note in patch.notes
            if note.slug == "stale-value"
        }
        self.version.stale = (self.version.stale - ran) | said
        for note in patch.notes:
            if note.slug == "closure-shape":
                where = ("closure", names[note.file], note.qualname)
                for label in [key for key, held in self.version.held.items() if held == where]:
                    del self.version.held[label]

    def hold(self):
        """Take references to what is there now and was not held before."""
        held = set(self.version.held.values())
        for module in self.version.program.modules:
            for item in module.items:
                for kind, path in references(item):
                    if (kind, module.name, path) not in held:
                        value = attempt(server.obtain, self.modules[module.name], path, kind)
                        if value is not None:
                            label = f"held {len(self.objects)} {kind} {module.name}.{path}"
                            self.objects[label] = value
                            self.version.held[label] = (kind, module.name, path)

    def follow(self, before):
        """Keep the references whose definition goes on under its name or a new one."""
        for label, (kind, name, path) in list(self.version.held.items()):
            old = at(before.program, name, path)
            new = at(self.version.program, name, path)
            twice = any(
                len(named(p, name, path)) > 1 for p in (before.program, self.version.program)
            )
            if (
                old is None
                or new is None
                or type(old) is not type(new)
                or twice
                or getattr(old, "flag", None) != getattr(new, "flag", None)
                or (
                    decorators(old) != decorators(new)
                    and (kind == "method" or not self.both_functions(label, name, path))
                )
            ):
                del self.version.held[label]

    def both_functions(self, label, name, path):
        now, held = getattr(self.modules[name], path, None), self.objects[label]
        if type(now) is types.FunctionType is type(held):
            return now.__globals__ is held.__globals__
        return False

    def seen(self, *, sources=True):
        observer = observing.Observer(set(self.files.values()), sources=sources)
        for name, module in self.modules.items():
            observer.module(name, module)
        for label, (kind, _, _) in self.version.held.items():
            server.look(observer, label, kind, self.objects[label])
        return observer.out

    def compare(self, notes, *, sources=True):
        held = [[label, *where] for label, where in self.version.held.items()]
        answer = FRESH.ask(files=self.files, texts=self.version.texts, held=held)
        assert "error" not in answer, self.story(answer)
        expected, got = answer["seen"], self.seen(sources=sources)
        if not sources:
            expected = {
                key: text for key, text in expected.items() if not key.endswith(" source")
            }
        self.same(expected, got, f"notes: {notes}")

    def same(self, expected, got, remark):
        if expected == got:
            return
        keys = [key for key in {**expected, **got} if expected.get(key) != got.get(key)]
        keys = [key for key in keys if not self.is_stale(key)]
        if WITHOUT_CTYPES:
            keys = [key for key in keys if not is_forwarded(key, expected, got)]
        if not keys:
            return
        lines = [
            f"{key}\n    fresh: {expected.get(key)}\n    live:  {got.get(key)}"
            for key in keys[:12]
        ]
        raise AssertionError(self.story("\n".join([remark, *lines])))

    def is_stale(self, key):
        """Tell whether `key` is about a name of which a note said that it is stale."""
        words = re.findall(r"[a-z]+\.\w+", key)
        return any(self.leads_to_stale(*word.split(".")) for word in words)

    def leads_to_stale(self, module, name):
        """Tell whether a note said of `name`, or of what it was imported as, that it is stale."""
        if (module, name) in self.version.stale:
            return True
        known = [each for each in self.version.program.modules if each.name == module]
        item = known[0].named(name) if known else None
        is_import = isinstance(item, Import) and item.name
        return bool(is_import and self.leads_to_stale(item.source, item.name))

    def story(self, end):
        """Tell all that was saved, then `end`."""
        parts = []
        for entry in self.log:
            if isinstance(entry, str):
                parts.append(f"=== {entry}")
            else:
                parts.append(f"=== save {entry[0]}.py\n{entry[1]}")
        return "\n".join([*parts, "=== end", str(end)])


def is_forwarded(key, expected, got):
    """Tell whether all that differs is the frame more that a replaced closure costs there."""
    for path in (known[:-5] for known in got if known.endswith(" code")):
        codes = expected.get(f"{path} code"), got[f"{path} code"]
        if key.startswith(path) and (
            None in codes or len({c.split("free=")[1] for c in codes}) > 1
        ):
            if not key.endswith(")") or "(" not in key:
                return True
            texts = [answers.get(key, "").split(" at ")[0] for answers in (expected, got)]
            return texts[0] == texts[1] or key not in expected or key not in got
    return False


def references(item):
    """Give the kinds of reference that can be held to an item, with their paths."""
    if isinstance(item, Klass):
        yield "instance", item.name
        for method in item.methods:
            if not method.decorators and not method.name.startswith("__"):
                yield "method", f"{item.name}.{method.name}"
    elif isinstance(item, Maker):
        yield "closure", item.name
        yield "function", item.name
    elif not isinstance(item, Constant | Derived | Import):
        yield "function", item.name


def at(program, name, path):
    """Give what a program defines last at a path, or None."""
    found = named(program, name, path)
    if not found or "." not in path:
        return found[-1] if found else None
    methods = getattr(found[-1], "methods", [])
    return next((m for m in methods if m.name == path.split(".")[1]), None)


def decorators(item):
    """Give the decorators of a function, or of the arm that was taken."""
    if isinstance(item, Conditional):
        item = item.one if item.flag or item.form == "with" else item.two
    return getattr(item, "decorators", [])


def named(program, name, path):
    """Give all that a module binds to the first name of a path."""
    module = next(m for m in program.modules if m.name == name)
    return [item for item in module.items if bound_name(item) == path.split(".")[0]]


def attempt(function, *arguments):
    try:
        return function(*arguments)
    except Exception:  # noqa: BLE001  what cannot be had is not held
        return None


def settings(steps):
    """Give the settings for a machine that takes so many steps."""
    profile = hypothesis.settings.get_profile(PROFILE)
    return hypothesis.settings(profile, stateful_step_count=steps)


TIMEOUT = 0 if PROFILE == "nightly" else 900
