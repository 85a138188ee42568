"""Messages between a process and who controls it: one JSON object per line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livepatch.model import Patch

LONGEST = 1 << 24  # bytes of one message; what is longer is no message of ours
Message = Mapping[str, Any]


def encode(message: Message) -> bytes:
    """Give `message` as one line."""
    import json  # noqa: PLC0415  3 ms that a program nobody controls does not pay

    return json.dumps(message).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """Give the message in `line`; raise ValueError where it is none."""
    import json  # noqa: PLC0415  as above

    message = json.loads(line)
    if not isinstance(message, dict):
        text = "a message is a JSON object"
        raise ValueError(text)  # noqa: TRY004  the caller expects one kind of error
    return message


def fields_of(patch: Patch) -> dict[str, Any]:
    """Give `patch` as the fields of a message, those of the JSON log."""
    from livepatch import report  # noqa: PLC0415  only patches need it

    return decode(report.to_json(patch).encode())


def patch_of(fields: Message) -> Patch:
    """Give the patch that `fields_of` made `fields` from."""
    from livepatch.model import (  # noqa: PLC0415  as above
        Change,
        ChangeKind,
        Note,
        Patch,
        PatchKind,
        Refusal,
    )

    changes = (item | {"kind": ChangeKind(item["kind"])} for item in fields["changes"])
    errors = (item | {"waiting": tuple(item["waiting"])} for item in fields["errors"])
    return Patch(
        fields["number"],
        PatchKind(fields["kind"]),
        tuple(Change(**item) for item in changes),
        tuple(Refusal(**item) for item in errors),
        tuple(Note(**item) for item in fields["notes"]),
        tuple(fields["files"]),
        fields["seconds"],
    )
