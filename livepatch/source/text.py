"""File to text: what Python itself would read, or a `SourceError` that says why not."""

from __future__ import annotations

import io
import os
import tokenize
from dataclasses import dataclass
from typing import Final

from livepatch.errors import SourceError

CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class SourceText:
    """The bytes of a file, and the text that Python reads out of them, lines ended as usual."""

    file: str
    data: bytes
    text: str


def read_source(file: str) -> SourceText:
    """Read `file`; raise `SourceError` (slug unreadable, empty, encoding or source)."""
    try:
        data = read_bytes(file)
    except FileNotFoundError as error:
        message = "the file is gone"
        raise SourceError(message, file=file, line=1, slug="file-gone") from error
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        raise SourceError(message, file=file, line=1, slug="unreadable") from error
    return decode_source(file, data)


def read_bytes(file: str) -> bytes:
    """Give what `file` holds; OSError where it cannot be read.

    Each system call lets other threads run, and where those are busy it takes until one of them
    waits to go on: `open` and `read` take eight of them, this takes three.
    """
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        data = piece = os.read(descriptor, CHUNK)
        while len(piece) == CHUNK:
            piece = os.read(descriptor, CHUNK)
            data += piece
    finally:
        os.close(descriptor)
    return data


def decode_source(file: str, data: bytes) -> SourceText:
    """Give the text of `data` as PEP 263 says; raise `SourceError` where it is none."""
    if not data or data.isspace():
        message = "the file is empty for the moment"
        raise SourceError(message, file=file, line=1, slug="empty")
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        message = "the source holds a null byte"
        raise SourceError(message, file=file, line=line, slug="encoding")
    try:
        text = data.decode(encoding_of(data))
    except (SyntaxError, LookupError) as error:
        raise SourceError(str(error), file=file, line=1, slug="encoding") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"the bytes are not {error.encoding}: {error.reason}"
        raise SourceError(message, file=file, line=line, slug="encoding") from error
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return SourceText(file, data, text)


def encoding_of(data: bytes) -> str:
    """Give the encoding that the first lines declare (PEP 263), whatever ends them."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return tokenize.detect_encoding(io.BytesIO(data).readline)[0]


def from_syntax_error(error: SyntaxError, file: str, offset: int = 0) -> SourceError:
    """Give the `SourceError` of a `SyntaxError` in a text that starts `offset` lines down."""
    message = f"{type(error).__name__}: {error.msg}"
    line = (error.lineno or 1) + offset
    text = (error.text or "").rstrip("\n")
    return SourceError(message, file=file, line=line, column=error.offset or 0, line_text=text)
