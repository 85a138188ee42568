"""What a route, a handler or an edit has to do with Starlette and FastAPI."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Router

from livepatch.model import Action, Edit
from livepatch.patching.owning import attribute_of, may_register
from livepatch.patching.registering import SHAPE, Step

ADDERS: Final = frozenset(
    {"add_route", "add_api_route", "add_websocket_route", "add_api_websocket_route", "mount",
     "include_router"}
)  # fmt: skip


def forget_kinds() -> None:
    """Let FastAPI look again which functions are coroutines: it remembers that by function."""
    module = sys.modules.get("fastapi.dependencies.models")
    for value in list(vars(module).values()) if module is not None else ():
        clear = getattr(value, "cache_clear", None)
        if callable(clear):
            clear()


def is_concerned(step: Step) -> bool:
    """Tell whether an edit may concern routes."""
    edit = step.edit
    if edit.action is Action.UPDATE:
        return bool(edit.parts & SHAPE) or any(
            part.startswith("default ") for part in edit.parts
        )
    if edit.owner or is_class(edit):
        names = [*edit.owner[:1], *(d.name for d in (edit.old, edit.new) if d is not None)]
        return any(
            attribute_of(step.names(n), "__pydantic_fields__") is not None for n in names
        )
    return any(_concerns_routes(d.node, step) for d in (edit.old, edit.new) if d is not None)


def _concerns_routes(node: ast.stmt, step: Step) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return bool(node.decorator_list)
    return may_register(node, step.names, (Starlette, Router, BaseRoute))


def is_class(edit: Edit) -> bool:
    """Tell whether a class is edited."""
    definition = edit.new or edit.old
    return definition is not None and isinstance(definition.node, ast.ClassDef)


def registers(step: Step) -> bool:
    """Tell whether the old decorators were methods of an application or router."""
    node = step.edit.old.node if step.edit.old is not None else None
    functions = [
        decorator.func if isinstance(decorator, ast.Call) else decorator
        for decorator in getattr(node, "decorator_list", ())
    ]
    return any(
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and isinstance(step.names(function.value.id), Starlette | Router)
        for function in functions
    )


def is_owned(item: Any, owned: frozenset[int]) -> bool:
    """Tell whether a route, handler or middleware is one of `owned`."""
    if isinstance(item, Middleware):
        return any(id(value) in owned for value in item.kwargs.values())
    return id(item) in owned or id(attribute_of(item, "endpoint")) in owned


def looked_at(route: Any, changed: dict[int, bool], *, models: bool) -> bool:
    """Tell whether a route was made by looking at one of the changed functions or classes.

    `changed` tells for each function whether its kind (`def`, `async def`) has changed: a plain
    route looks at nothing else.
    """
    own = id(attribute_of(route, "endpoint"))
    dependant = attribute_of(route, "dependant")
    if dependant is None or own in changed:
        return own in changed and (dependant is not None or changed[own])
    return models or any(id(call) in changed for call in calls_below(dependant))


def calls_below(dependant: Any) -> Iterator[Any]:
    """Give the functions that a route depends on."""
    for inner in getattr(dependant, "dependencies", ()):
        yield getattr(inner, "call", None)
        yield from calls_below(inner)


def made_anew(route: Any, endpoint: Any) -> Any:
    """Give a route of the same kind with the same arguments, made now."""
    names = list(inspect.signature(type(route).__init__).parameters)[1:]
    own = vars(route)
    values = {name: own[name] for name in names if name in own}
    if endpoint is not None:
        values["endpoint"] = endpoint
    if "dependencies" in values and values["dependencies"] is not None:
        values["dependencies"] = list(values["dependencies"])
    return type(route)(**values)


def routes_in_constructor(steps: list[Step], app: Any) -> int | None:
    """Give how many routes an application was given when it was made; None for none."""
    for step in steps:
        node = step.edit.old.node if step.edit.old is not None else None
        binds = step.edit.old.binds if step.edit.old is not None else ()
        if not isinstance(node, ast.Assign) or all(step.names(n) is not app for n in binds):
            continue
        for keyword in getattr(node.value, "keywords", ()):
            if keyword.arg == "routes" and isinstance(keyword.value, ast.List):
                return len(keyword.value.elts)
    return None


def added_by(step: Step) -> list[tuple[Any, Any]]:
    """Give the routers that an old statement has called, each with the path or router it added."""
    node = step.edit.old.node if step.edit.old is not None else None
    found: list[tuple[Any, Any]] = []
    if node is None or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return found
    for call in ast.walk(node):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        owner = call.func.value
        router = step.names(owner.id) if isinstance(owner, ast.Name) else None
        router = router.router if isinstance(router, Starlette) else router
        if isinstance(router, Router) and call.func.attr in ADDERS and call.args:
            found.append((router, _literal(call.args[0], step)))
    return found


def _literal(node: ast.expr, step: Step) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return attribute_of(step.names(node.value.id), node.attr)
    return step.names(node.id) if isinstance(node, ast.Name) else None


def is_made_of(route: Any, thing: Any) -> bool:
    """Tell whether a route has the path `thing`, or includes the router `thing`."""
    if isinstance(thing, str):
        return attribute_of(route, "path") in {thing, thing.rstrip("/")}
    return isinstance(thing, Router) and attribute_of(route, "original_router") is thing


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A router whose routes another one has copied, as older versions of FastAPI do."""

    child: Any
    parent: Any
    prefix: str
    tags: tuple[Any, ...]
    dependencies: tuple[Any, ...]

    def copy(self, routes: list[Any]) -> None:
        """Have the parent copy further routes of the child."""
        between = type(self.child)()
        between.routes.extend(routes)
        self.parent.include_router(
            between,
            prefix=self.prefix,
            tags=list(self.tags),
            dependencies=list(self.dependencies),
        )


def inclusions(routers: list[Any], roots: list[Any]) -> list[Inclusion]:
    """Give which routers have copied routes of others: told by routes with the same endpoint."""
    found: dict[tuple[int, int, str], Inclusion] = {}
    children = [
        r for r in routers if hasattr(r, "include_router") and all(r is not x for x in roots)
    ]
    if any(hasattr(child, "_mark_routes_changed") for child in children):
        return []  # this version of FastAPI looks the routes up in the router itself
    for child in children:
        own = {id(attribute_of(route, "endpoint")): route for route in child.routes}
        for parent in routers:
            for route in parent.routes if parent is not child else ():
                original = own.get(id(attribute_of(route, "endpoint")))
                if original is None or not route.path.endswith(original.path):
                    continue
                prefix = route.path[: len(route.path) - len(original.path)]
                tags = tuple(t for t in route.tags or () if t not in (original.tags or ()))
                count = len(route.dependencies) - len(original.dependencies)
                more = tuple(route.dependencies[:count])
                key = (id(child), id(parent), prefix)
                found[key] = Inclusion(child, parent, prefix, tags, more)
    return list(found.values())
