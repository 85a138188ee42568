"""What the tests of web applications share: live modules of theirs, and plugins on disk."""

import importlib
import json
import sys
import textwrap

import pytest

pytest.importorskip("flask")
pytest.importorskip("jsonschema")

from livepatch.patching.patcher import Patcher


class Program:
    """A folder of modules under a patcher of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.patcher = Patcher()

    def write(self, name, text):
        """Make `text`, without its common indentation, the content of the file `name`."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
        return path

    def start(self, name, text):
        """Write, import and track the module `name`."""
        path = self.write(f"{name}.py", text)
        module = importlib.import_module(name)
        self.patcher.track(module, str(path), path.read_bytes())
        return module

    def edit(self, name, old, new):
        """Put `new` for `old`, which occurs once, in the module `name`; give the patch."""
        path = self.folder / f"{name}.py"
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        path.write_text(text.replace(old, new), "utf-8")
        return self.apply()

    def apply(self):
        """Have the program be as its files are."""
        return self.patcher.apply()


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Give a `Program` whose modules are gone after the test."""
    folder = tmp_path.resolve() / "program"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield Program(folder)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]


class Site:
    """An application with plugins on disk, its manager, and a client."""

    def __init__(self, folder):
        from flask import Flask

        self.folder = folder
        self.app = Flask("site_of_tests", root_path=str(folder))
        self.client = self.app.test_client()
        self.manager = None

    def serve(self, **options):
        """Give the application a manager, which watches nothing unless told to."""
        from livepatch.hosting.flask import PluginManager

        options = {"watch": False, "patcher": Patcher(), **options}
        self.manager = PluginManager(self.app, **options)
        return self.manager

    def config(self, name, **changes):
        """Write the `plugin.json` of the plugin `name`."""
        about = {"name": name.title(), "author": "a tester", "summary": f"says {name}"}
        whole = {"id": f"id-{name}", "domain": name, "plugin": about, "releases": [], **changes}
        self.write(f"{name}/plugin.json", json.dumps(whole))

    def plugin(self, name, text, **changes):
        """Write the plugin `name`, whose package has `text` after the line that makes it."""
        self.config(name, **changes)
        head = "from livepatch.hosting.flask import Plugin\nplugin = Plugin()\n"
        self.write(f"{name}/__init__.py", head + textwrap.dedent(text))

    def path(self, name):
        """Give the path of a file below the folder of the plugins."""
        return self.folder / "plugins" / name

    def write(self, name, text):
        """Write a file below the folder of the plugins."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def edit(self, name, old, new):
        """Put `new` for `old` in a file below the folder of the plugins."""
        text = self.path(name).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        self.path(name).write_text(text.replace(old, new), "utf-8")

    def run(self, *domains):
        """Load and start plugins; give them."""
        found = [self.manager.find(domain=domain) for domain in domains]
        for plugin in found:
            self.manager.load(plugin)
            self.manager.start(plugin)
        return found if len(found) > 1 else found[0]

    def get(self, path):
        """Give the text of an answer, its status where that is not 200."""
        with self.client.get(path) as answer:
            return answer.text if answer.status_code == 200 else answer.status_code

    def rules(self):
        """Give the rules of plugins."""
        return sorted(r.rule for r in self.app.url_map.iter_rules() if "plugins" in r.rule)


@pytest.fixture
def site(tmp_path):
    """Give a `Site` whose plugins are unloaded after the test."""
    folder = tmp_path.resolve()
    (folder / "plugins").mkdir()
    before = set(sys.modules)
    made = Site(folder)
    yield made
    if made.manager is not None:
        made.manager.close()
    assert {name for name in sys.modules if name.startswith("plugins")} <= before
