"""A fresh interpreter that imports whole programs and says what can be seen of them.

Reads one request per line, writes one answer per line, both JSON. Each request is imported into
new modules; nothing of one program is there when the next one comes.
"""

import importlib
import importlib.util
import json
import linecache
import sys

import oracle_observing as observing


class Texts:
    """A finder and loader of modules whose texts are in memory."""

    def __init__(self, files, texts):
        self._files = files
        self._texts = texts

    def find_spec(self, name, path=None, target=None):
        del path, target
        if name not in self._texts:
            return None
        return importlib.util.spec_from_file_location(name, self._files[name], loader=self)

    def create_module(self, spec):
        del spec

    def exec_module(self, module):
        name = module.__spec__.name
        exec(
            compile(self._texts[name], self._files[name], "exec", dont_inherit=True),
            vars(module),
        )


def observe(files, texts, held):
    """Import the program and give what can be seen of it."""
    finder = Texts(files, texts)
    sys.meta_path.insert(0, finder)
    try:
        for name, file in files.items():
            lines = texts[name].splitlines(keepends=True)
            linecache.cache[file] = (len(texts[name]), None, lines, file)
        modules = {name: importlib.import_module(name) for name in texts}
        observer = observing.Observer(set(files.values()))
        for name, module in modules.items():
            observer.module(name, module)
        for label, kind, name, path in held:
            made = obtain(modules[name], path, kind)
            look(observer, label, kind, made)
        return observer.out
    finally:
        sys.meta_path.remove(finder)
        for name in texts:
            sys.modules.pop(name, None)


def obtain(module, path, kind):
    """Give a reference of `kind` to what stands at `path`."""
    owner, _, last = path.rpartition(".")
    if kind == "method":
        return getattr(getattr(module, owner)(), last)
    value = getattr(module, last)
    if kind == "closure":
        return value(10)
    return value() if kind == "instance" else value


def look(observer, label, kind, value):
    """Describe a reference of `kind` under `label`."""
    alone = observing.Observer(observer._files, sources=observer._sources)
    if kind == "instance":
        alone.instance(label, value)
    elif kind == "closure":
        alone.closure(label, value)
    elif kind == "method":
        observing.reset(value.__self__)
        alone.calls(label, value)
    else:
        alone.describe(label, value)
    observer.out.update(alone.out)


def main():
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"seen": observe(**request)}
        except Exception as error:  # noqa: BLE001  the program may raise anything
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
