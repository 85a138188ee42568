"""Programs of a given size for the benchmarks, which only run where they are asked for."""

import itertools
from pathlib import Path

import pytest

pytest.importorskip("pytest_benchmark", reason="the benchmarks need pytest-benchmark")

HERE = Path(__file__).parent
BODIES = (
    '''def f{i}(items=(1, 2, 3), scale=2):
    """Sum of scaled items, variant {i}."""
    marker = {v}
    total = 0
    for index, item in enumerate(items):
        if item % 2:
            total += item * scale + index
    return total + {i} % 7, marker
''',
    """def f{i}(mapping=None, default={i}):
    marker = {v}
    mapping = dict(mapping or {{"a": 1, "b": 2}})
    out = {{}}
    for key, value in sorted(mapping.items()):
        out[key] = value if value is not None else default
    return out, marker
""",
    """def f{i}(values=(3, 1, 2), reverse=False):
    marker = {v}
    ordered = sorted(values, key=lambda x: (x % 3, x), reverse=reverse)
    if not ordered:
        raise ValueError("nothing in f{i}")
    return ordered, marker
""",
)


def pytest_collection_modifyitems(config, items):
    """Leave the benchmarks out unless `-m benchmark` asks for them."""
    if "benchmark" in (config.option.markexpr or ""):
        return
    own = [item for item in items if HERE in item.path.parents]
    items[:] = [item for item in items if HERE not in item.path.parents]
    if own:
        config.hook.pytest_deselected(items=own)


def file_of(count, *, edited=None, value=0, lines=0):
    """Give a text of `count` functions; `lines` more stand above, `edited` returns `value`."""
    functions = (
        BODIES[i % len(BODIES)].format(i=i, v=value if i == edited else 0) for i in range(count)
    )
    head = "".join(f"# line {k}\n" for k in range(lines))
    return f'{head}"""{count} functions."""\nimport os\n\n\n' + "\n\n".join(functions)


@pytest.fixture
def watched(project, monkeypatch):
    """Give the project, with its modules tracked and nothing applied but on request.

    What benchmarks before this one tracked is not looked at any more.
    """
    import livepatch
    from livepatch import api
    from livepatch.patching.front import Front

    monkeypatch.setattr(api, "_front", Front())
    # On a loaded machine the first look of the watcher comes late enough to see a save.
    with livepatch.watch(project.folder, poll=3600, report=False, apply="checkpoint"):
        yield project


@pytest.fixture
def measured(benchmark):
    """Give what times `action(*prepare())`, a fresh `prepare` for each round."""

    def run(prepare, action, *, rounds=20):
        numbers = itertools.count(1)
        benchmark.pedantic(
            action, setup=lambda: (prepare(next(numbers)), {}), rounds=rounds, warmup_rounds=2
        )

    return run
