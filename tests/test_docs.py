"""The documentation is true: its programs run, its links lead somewhere, its lists are whole.

A fence in a page may say more than its language:

- `python` is a program, run in a folder of its own;
- `python file=NAME` is written to that folder first, for the programs below it on the page;
- `python skip=REASON` is only compiled; the reason tells why it cannot run alone.
"""

import ast
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "livepatch"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```python[ \t]*(?P<words>.*)\n(?P<code>(?:.*\n)*?)```$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\((?!https?:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
NOTE_CLASSES = {"Note", "Refusal"}


@dataclass(frozen=True)
class Block:
    """One fenced piece of Python: where it stands and what its fence asks for."""

    page: str
    line: int
    code: str
    file: str = ""
    skip: str = ""
    companions: tuple[tuple[str, str], ...] = ()

    def __str__(self):
        return f"{self.page}:{self.line}"


def blocks_of(page):
    text = page.read_text("utf-8")
    companions = []
    for match in FENCE.finditer(text):
        key, _, value = match["words"].strip().partition("=")
        assert key in {"", "file", "skip"}, f"{page.name}: unknown word {key!r} on a fence"
        if key == "file":
            companions.append((value, match["code"]))
        yield Block(
            page.name,
            text.count("\n", 0, match.start()) + 2,
            match["code"],
            value if key == "file" else "",
            value if key == "skip" else "",
            tuple(companions),
        )


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
PROGRAMS = [block for block in BLOCKS if not block.skip and not block.file]


def anchors_of(page):
    headings = HEADING.findall(
        re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    )
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {word.replace(" ", "-") for word in words}


def slugs_in(path):
    """Every slug that a module can put into a note, a refusal or an exception."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.keyword(arg="slug", value=ast.Constant(value=str(slug))):
                yield slug
            case ast.Assign(targets=[ast.Name(id="slug")], value=ast.Constant(value=str(slug))):
                yield slug
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(slug)), *_]):
                if name in NOTE_CLASSES:
                    yield slug


SLUGS = sorted({slug for path in PACKAGE.rglob("*.py") for slug in slugs_in(path)})


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_every_piece_of_python_compiles(block):
    compile(block.code, str(block), "exec", dont_inherit=True)


@pytest.mark.parametrize("block", PROGRAMS, ids=str)
def test_every_program_runs(block, tmp_path):
    for name, code in block.companions:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(code, "utf-8")
    # Blank lines in front: a traceback names the line of the page.
    (tmp_path / "block.py").write_text("\n" * (block.line - 1) + block.code, "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "block.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    broken = []
    for link in LINK.finditer(page.read_text("utf-8")):
        target = (page.parent / link["path"]).resolve() if link["path"] else page
        if not target.exists() or (link["anchor"] and link["anchor"] not in anchors_of(target)):
            broken.append(link[0])
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_of_the_repository_that_a_page_names_exists(page):
    named = re.findall(
        r"`((?:livepatch|tests|docs|playground|\.ci)/[\w./-]*)`", page.read_text("utf-8")
    )
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_architecture_page_has_every_room_of_the_package():
    rooms = {
        p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    table = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = {
        name
        for row in re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert rooms - {"__init__", "__main__"} - rows == set()


@pytest.mark.parametrize("slug", SLUGS)
def test_every_slug_has_a_section_that_explains_it(slug):
    assert f"\n## {slug}\n" in (ROOT / "docs" / "messages.md").read_text("utf-8")


def test_every_section_of_the_messages_explains_a_slug_that_exists():
    text = (ROOT / "docs" / "messages.md").read_text("utf-8")
    assert SLUGS
    assert set(re.findall(r"^## ([a-z-]+)$", text, re.MULTILINE)) <= set(SLUGS)


def test_every_page_is_linked_from_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [p.name for p in PAGES[1:] if f"(docs/{p.name})" not in readme] == []


def test_every_kind_of_definition_and_change_is_in_the_glossary_or_the_table_of_edits():
    from livepatch.model import ChangeKind, Kind

    pages = [
        (ROOT / "docs" / name).read_text("utf-8").lower()
        for name in ("glossary.md", "edits.md")
    ]
    missing = [
        k.value for k in [*Kind, *ChangeKind] if not any(k.value in page for page in pages)
    ]
    assert missing == []
