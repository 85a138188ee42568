"""Live routes for Starlette and FastAPI: what definitions registered follows them through a patch.

Routers keep routes in a list that is searched from the front, so a new route goes where a
fresh start would put it: before those that stand below it in the file.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Router

from livepatch.ext.starlette_routes import (
    Inclusion,
    added_by,
    forget_kinds,
    inclusions,
    is_class,
    is_concerned,
    is_made_of,
    is_owned,
    looked_at,
    made_anew,
    registers,
    routes_in_constructor,
)
from livepatch.model import MISSING, Action, Edit, Write, WriteKind
from livepatch.patching.commits import SESSIONS
from livepatch.patching.owning import attribute_of, callables_between, owned_by
from livepatch.patching.registering import Carrier, Step
from livepatch.runtime import holding

ROUTER = ("routes", "_low_priority_routes", "_routes_version")
APPLICATION = ("exception_handlers", "user_middleware", "middleware_stack")

_open: set[int] = set()
"""The threads that may register things now."""


def _is_open() -> bool:
    return threading.get_ident() in _open


def _mark_routes_changed(self: Any) -> None:
    if not _is_open():
        super(type(self), self)._mark_routes_changed()


def _add_middleware(self: Any, middleware_class: Any, *args: Any, **kwargs: Any) -> None:
    if not _is_open():
        super(type(self), self).add_middleware(middleware_class, *args, **kwargs)
        return
    self.user_middleware.insert(0, Middleware(middleware_class, *args, **kwargs))


@dataclass(slots=True)
class _Retired:
    step: Step
    found: bool = False
    items: list[tuple[Any, holding.Path, Any]] = field(default_factory=list)


class StarletteRegistrar:
    """Keeps all applications and routers in step with one transaction."""

    def __init__(self, carrier: Carrier) -> None:
        """Look at nothing yet."""
        self._carrier = carrier
        self._before: dict[tuple[type, str], Any] = {}
        self._apps: list[Any] = []
        self._routers: list[Any] = []
        self._steps: list[Step] = []
        self._retired: list[_Retired] = []
        self._inclusions: list[Inclusion] = []
        self._taken_back: set[int] = set()
        self._final: dict[int, object] = {}
        self._kept: list[object] = []

    # --- what happens before ------------------------------------------------------------------

    def open(self, steps: list[Step]) -> frozenset[int]:
        """Take back what the old definitions registered; let new ones register on copies."""
        self._steps = [step for step in steps if is_concerned(step)]
        found = holding.instances_of((Starlette, Router)) if self._steps else []
        found = [item for item in found if vars(item)]  # else its __init__ was not run
        if not found:
            self._steps = []
            return frozenset()
        SESSIONS.hide_early_writes()
        self._carrier.carry_out_now([write for item in found for write in self._copies(item)])
        _open.add(threading.get_ident())
        roots = [app.router for app in self._apps]
        self._inclusions = inclusions(self._routers, roots)
        if any("kind" in step.edit.parts for step in self._steps):
            forget_kinds()
        for step in self._steps:
            if step.functions and step.edit.old is not None:
                self._retire(step)
            for router, thing in added_by(step):
                if holding.drop(router.routes, lambda _, route: is_made_of(route, thing)):  # noqa: B023
                    self._taken_back.add(id(step.edit))
        return frozenset(
            id(item.step.edit)
            for item in self._retired
            if item.found and item.step.edit.action is not Action.REMOVE
        )

    def _copies(self, item: Any) -> Iterator[Write]:
        if isinstance(item, Starlette):
            if "middleware_stack" not in vars(item) and not holding.is_held(item):
                return  # it is being made just now
            self._apps.append(item)
            cls = holding.hold(item, APPLICATION, {"add_middleware": _add_middleware})
        else:
            if "routes" not in vars(item) and not holding.is_held(item):
                return
            self._routers.append(item)
            counts = hasattr(item, "_mark_routes_changed")
            extra = {"_mark_routes_changed": _mark_routes_changed} if counts else {}
            cls = holding.hold(item, ROUTER, extra)
        for name in vars(cls)[holding.NAMES]:
            old = self._before[cls, name] = holding.current(cls, name)
            if isinstance(old, dict | list):
                yield holding.replacement(cls, name, holding.copied(old))

    def _retire(self, step: Step) -> None:
        retired = _Retired(step)
        self._retired.append(retired)
        owned = owned_by(step)
        decorated = bool(getattr(step.edit.old and step.edit.old.node, "decorator_list", ()))
        for container in self._containers():
            for path, item in list(holding.entries(container)):
                if is_owned(item, owned):
                    retired.items.append((container, path, item))
        retired.found = bool(retired.items) and decorated
        if retired.found or step.edit.action is Action.REMOVE:
            for container in self._containers():
                holding.drop(container, lambda _, item: is_owned(item, owned))

    def _containers(self) -> Iterator[Any]:
        for router in self._routers:
            yield router.routes
        for app in self._apps:
            yield app.exception_handlers
            yield app.user_middleware

    # --- what happens meanwhile ---------------------------------------------------------------

    def has_taken_back(self, edit: Edit) -> bool:
        """Tell whether nothing is left of what the old statement of `edit` has done."""
        return id(edit) in self._taken_back

    def adopt(self, old: object, new: object) -> bool:
        """Have an application that a server holds become what `new` is."""
        if not self._routers:
            return False
        if isinstance(old, list) and isinstance(new, list):
            self._exchange_routes(old, new)
            return False
        if isinstance(old, Starlette) and isinstance(new, Starlette):
            self._adopt_app(old, new)
            return True
        return False

    def _exchange_routes(self, old: list[Any], new: list[Any]) -> None:
        """Have the routes of a list that was made anew where those of the old one are."""
        gone = {id(item) for item in old if isinstance(item, BaseRoute)}
        fresh = [item for item in new if isinstance(item, BaseRoute)]
        for router in self._routers:
            places = [i for i, item in enumerate(router.routes) if id(item) in gone]
            if places:
                kept = [item for item in router.routes if id(item) not in gone]
                router.routes[:] = [*kept[: places[0]], *fresh, *kept[places[0] :]]

    def _adopt_app(self, old: Any, new: Any) -> None:
        skipped = {
            "router",
            "state",
            "middleware_stack",
            "exception_handlers",
            "user_middleware",
        }
        plain = {
            name: value
            for name, value in vars(new).items()
            if name not in skipped and isinstance(value, str | bool | int | tuple | type(None))
        }
        self._carrier.add(
            Write(WriteKind.ATTRIBUTE, old, name, value)
            for name, value in plain.items()
            if vars(old).get(name, MISSING) != value
        )
        count = routes_in_constructor(self._steps, old)
        if count is not None:
            old.router.routes[:count] = new.router.routes
        old.exception_handlers.update(new.exception_handlers)
        names = {item.cls for item in new.user_middleware}
        old.user_middleware[:] = [
            *(item for item in old.user_middleware if item.cls not in names),
            *new.user_middleware,
        ]

    def replaced(self, made: object, final: object) -> None:
        """Have `final` registered where `made` is."""
        self._final[id(made)] = final
        self._kept.append(made)  # an id is only good while the object lives

    # --- what happens in the end --------------------------------------------------------------

    def finish(self) -> None:
        """Have all routes made of what the functions are now, and in the right order."""
        if not self._routers and not self._apps:
            return
        for retired in self._retired:
            if retired.found and not self._came_again(retired):
                self._give_back(retired)
        for inclusion in self._inclusions:
            known = set(map(id, self._before[type(inclusion.child), "routes"]))
            fresh = [route for route in inclusion.child.routes if id(route) not in known]
            if fresh:
                inclusion.copy(fresh)
        self._rebuild_routes()
        for step in self._steps:
            self._put_in_order(step)
        for router in self._routers:
            self._finish_router(router)
        for app in self._apps:
            self._finish_app(app)

    def _new_value(self, step: Step) -> Any:
        new = step.edit.new
        return step.names(new.name) if new is not None and not step.edit.owner else step.value

    def _came_again(self, retired: _Retired) -> bool:
        step = retired.step
        if step.edit.new is None:
            return True
        value = self._new_value(step)
        targets = frozenset(map(id, step.functions))
        owned = frozenset({id(value), *targets}) | callables_between(value, targets)
        owned |= {made for made, final in self._final.items() if final is value}
        return any(
            is_owned(item, owned)
            for container in self._containers()
            for _, item in holding.entries(container)
        ) or registers(step)

    @staticmethod
    def _give_back(retired: _Retired) -> None:
        """Register again what was registered apart from the definition."""
        for container, path, item in retired.items:
            holding.insert(container, path, item)

    def _rebuild_routes(self) -> None:
        """Make routes anew that were made by looking at what has another shape now."""
        changed = {
            id(function): "kind" in step.edit.parts
            for step in self._steps
            if step.edit.action is Action.UPDATE
            for function in (*step.functions, step.value)
        }
        models = any(step.edit.owner or is_class(step.edit) for step in self._steps)
        found = [
            (router.routes, index, self._final.get(id(attribute_of(route, "endpoint"))))
            for router in self._routers
            for index, route in enumerate(router.routes)
            if id(attribute_of(route, "endpoint")) in self._final
            or looked_at(route, changed, models=models)
        ]
        if found:
            self._carrier.flush()  # routes look at functions as they are now
        for routes, index, final in found:
            routes[index] = made_anew(routes[index], final)

    def _put_in_order(self, step: Step) -> None:
        new = step.edit.new
        if new is None:
            return
        value = self._new_value(step)
        for router in self._routers:
            routes = router.routes
            count = 0
            while count < len(routes) and attribute_of(routes[-1 - count], "endpoint") is value:
                count += 1
            mine = routes[len(routes) - count :]
            for index, route in enumerate(routes[: len(routes) - count]):
                code = getattr(attribute_of(route, "endpoint"), "__code__", None)
                if code is None or code.co_filename not in step.files or not mine:
                    continue
                if step.line_of(code.co_firstlineno) > new.first:
                    del routes[len(routes) - count :]
                    routes[index:index] = mine
                    break

    def _finish_router(self, router: Any) -> None:
        cls = type(router)
        old = self._before[cls, "routes"]
        if [id(item) for item in old] == [id(item) for item in router.routes]:
            return
        if (cls, "_routes_version") in self._before:
            # FastAPI caches by it; no other state of the routes ever had this number.
            number = secrets.randbits(60)
            self._carrier.add([holding.replacement(cls, "_routes_version", number)])
        for app in self._apps:
            if getattr(app, "openapi_schema", None) is not None:
                self._carrier.add([Write(WriteKind.ATTRIBUTE, app, "openapi_schema", None)])

    def _finish_app(self, app: Any) -> None:
        cls = type(app)
        for name in ("exception_handlers", "user_middleware"):
            old = [(path, id(item)) for path, item in holding.entries(self._before[cls, name])]
            if old != [(path, id(item)) for path, item in holding.entries(getattr(app, name))]:
                stack = app.build_middleware_stack() if app.middleware_stack else None
                self._carrier.add([holding.replacement(cls, "middleware_stack", stack)])
                return

    def close(self) -> None:
        """Let this thread register nothing more."""
        _open.discard(threading.get_ident())


def registrar(carrier: Carrier) -> StarletteRegistrar:
    """Give what keeps Starlette and FastAPI in step with a transaction."""
    return StarletteRegistrar(carrier)
