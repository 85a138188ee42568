"""Errors to refusals: what was held, where, and why."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from dataclasses import replace

from livepatch.errors import SourceError
from livepatch.model import Patch, Refusal
from livepatch.patching.prepare import StepError
from livepatch.patching.reading import Reading
from livepatch.patching.registry import Registry
from livepatch.source.text import SourceText


def refusal(error: SourceError) -> Refusal:
    """Give the refusal for a text that is not Python."""
    return Refusal(
        error.slug, error.file, error.line, error.message,
        column=error.column, line_text=error.line_text,
    )  # fmt: skip


def execution_refusal(error: BaseException, readings: Sequence[Reading]) -> Refusal:
    """Give the refusal for a statement of the program that raised, at the line that did."""
    cause = error.__cause__ if isinstance(error, StepError) else error
    cause = cause or error
    file = error.file if isinstance(error, StepError) else readings[0].tracked.file
    line, qualname = 1, ""
    if isinstance(error, StepError):
        definition = error.edit.new or error.edit.old
        if definition is not None:
            line, qualname = definition.line, str(definition.qualname)
    if isinstance(cause, SourceError):
        return Refusal(
            cause.slug, file, cause.line, cause.message, qualname,
            cause.column, cause.line_text,
        )  # fmt: skip
    names = {name for item in readings for name in item.tracked.names}
    trace = traceback.extract_tb(cause.__traceback__)
    own = [frame for frame in trace if frame.filename in names]
    text = ""
    if own:
        line, text = own[0].lineno or line, own[0].line or ""
    message = f"{type(cause).__name__}: {cause}"
    if trace and not own and trace[-1].filename.startswith(os.path.dirname(__file__)):  # noqa: PTH120
        message = f"livepatch itself failed here, which is a bug in it: {message}"
    return Refusal(
        "execution", file, line, message, qualname, line_text=text,
        traceback=own_traceback(cause),
    )  # fmt: skip


def own_traceback(error: BaseException) -> str:
    """Give the traceback of `error` as text, from the program's own first frame on."""
    here = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120  start-up time
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(here):
        trace = trace.tb_next
    if trace is None:  # livepatch's own failure: all of it is wanted
        trace = error.__traceback__
    return "".join(traceback.format_exception(type(error), error, trace))


def held_patch(
    registry: Registry, refusals: list[Refusal], sources: Sequence[tuple[object, SourceText]]
) -> Patch:
    """Note which files wait for which, and give the patch that says so."""
    guilty = {item.file for item in refusals}
    waiting = tuple(source.file for _, source in sources if source.file not in guilty)
    for file in {*guilty, *waiting}:
        tracked = registry.get(file)
        if tracked is not None:
            tracked.held = True
    errors = tuple(replace(item, waiting=waiting) for item in refusals)
    return Patch(0, errors=errors, files=(*sorted(guilty), *waiting))
