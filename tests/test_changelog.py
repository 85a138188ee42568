"""The changelog keeps up with the version."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CHANGELOG.md").read_text("utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
ENTRY = re.compile(
    r"^## \[(?P<version>[^\]]+)\](?: - (?P<date>\d{4}-\d\d-\d\d))?$", re.MULTILINE
)
SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_version_has_an_entry():
    assert VERSION in [entry["version"] for entry in ENTRY.finditer(TEXT)]


def test_every_released_version_has_a_date_and_the_newest_stands_first():
    released = [entry for entry in ENTRY.finditer(TEXT) if entry["version"] != "Unreleased"]
    dates = [entry["date"] for entry in released]
    assert None not in dates
    assert dates == sorted(dates, reverse=True)


def test_every_heading_is_one_that_readers_know():
    headings = re.findall(r"^##+ (.*)$", TEXT, re.MULTILINE)
    unknown = [h for h in headings if h not in SECTIONS and not ENTRY.match(f"## {h}")]
    assert unknown == []


def test_every_entry_is_a_list_of_sentences():
    items = re.split(r"^- ", TEXT, flags=re.MULTILINE)[1:]
    ends = [re.split(r"\n(?=\n|#)", item)[0].strip()[-1] for item in items]
    assert items
    assert set(ends) == {"."}
