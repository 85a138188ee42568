"""A statement that did not change, executed again because the user asks for it."""

from __future__ import annotations

from livepatch.errors import NotTrackedError, UsageError
from livepatch.model import Action, Definition, Edit, FilePlan, Kind
from livepatch.patching.registry import Registry, TrackedFile
from livepatch.source import regions

BELOW_ALL = 10**9


def plan_for(registry: Registry, target: str) -> tuple[TrackedFile, FilePlan]:
    """Give the file and the plan that executes the statement that binds `module:NAME` again.

    Raises `UsageError` for another form or a name that no statement binds, `NotTrackedError` for
    a module that livepatch does not track.
    """
    module, colon, name = target.partition(":")
    if not colon or not name:
        message = f"rerun: {target!r} is not of the form 'module:NAME'"
        raise UsageError(message)
    tracked = registry.of_module(module)
    if tracked is None:
        raise NotTrackedError(module, "no tracked module has this name; nothing was run")
    definitions = regions.outline_of(tracked.known_text(), tracked.file)
    found = [d for d in definitions if name in d.binds and d.kind is not Kind.GUARD]
    if not found:
        message = f"rerun: no statement of {module} binds {name}; nothing was run"
        raise UsageError(message)
    edits = tuple(_again(definition) for definition in found[-1:])
    plan = FilePlan(tracked.file, edits, BELOW_ALL, 0, (), definitions, definitions)
    return tracked, plan


def _again(definition: Definition) -> Edit:
    action = Action.EXECUTE
    return Edit(action, definition, definition, (), definition)
