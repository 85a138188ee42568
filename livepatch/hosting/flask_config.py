"""`plugin.json`: read, checked against its schema, and given as a value."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jsonschema  # type: ignore[import-untyped]

from livepatch.errors import PluginConfigError

CONFIG_FILE: Final = "plugin.json"
SCHEMA_FILE: Final = Path(__file__).with_name("flask_plugin.schema.json")


@dataclass(frozen=True, slots=True)
class Release:
    """One released version of a plugin."""

    version: str
    download: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PluginConfig:
    """What a plugin says of itself."""

    id: str
    domain: str
    name: str
    author: str = ""
    summary: str = ""
    description: str = ""
    repo: str = ""
    url: str = ""
    maintainer: tuple[str, ...] = ()
    releases: tuple[Release, ...] = ()

    @property
    def version(self) -> str:
        """The newest release, empty where there was none."""
        return max((release.version for release in self.releases), key=_parts, default="")

    @property
    def info(self) -> dict[str, Any]:
        """All that is there for people to read."""
        return {
            "author": self.author,
            "summary": self.summary,
            "description": self.description,
            "repo": self.repo,
            "url": self.url,
            "maintainer": list(self.maintainer),
            "version": self.version,
        }


def _parts(version: str) -> list[tuple[int, str]]:
    parts = version.replace("-", ".").split(".")
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


@functools.cache
def schema() -> dict[str, Any]:
    """Give the JSON schema of `plugin.json`."""
    return json.loads(SCHEMA_FILE.read_text("utf-8"))  # type: ignore[no-any-return]


def read_config(folder: str) -> PluginConfig:
    """Give what the `plugin.json` of a plugin's folder says; raise `PluginConfigError`."""
    file = Path(folder) / CONFIG_FILE
    try:
        data = file.read_bytes()
    except OSError as error:
        raise PluginConfigError(str(file), (error.strerror or str(error),)) from error
    return parse_config(str(file), data)


def parse_config(file: str, data: bytes) -> PluginConfig:
    """Give what the bytes of a `plugin.json` say; raise `PluginConfigError`."""
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        reason = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise PluginConfigError(file, (reason,)) from error
    except UnicodeDecodeError as error:
        raise PluginConfigError(file, (f"it is not UTF-8: {error.reason}",)) from error
    validator = jsonschema.Draft202012Validator(schema())
    errors = sorted(validator.iter_errors(found), key=lambda error: error.json_path)
    if errors:
        raise PluginConfigError(file, tuple(_line(error) for error in errors))
    about = found["plugin"]
    texts = {key: about.get(key, "") for key in ("name", "author", "summary", "description")}
    return PluginConfig(
        id=found["id"],
        domain=found["domain"],
        **texts,
        repo=about.get("repo", ""),
        url=about.get("url", ""),
        maintainer=tuple(about.get("maintainer", ())),
        releases=tuple(
            Release(item["version"], item["download"], item.get("note", ""))
            for item in found["releases"]
        ),
    )


def _line(error: jsonschema.ValidationError) -> str:
    place = error.json_path.removeprefix("$").removeprefix(".")
    return f"{place}: {error.message}" if place else error.message
