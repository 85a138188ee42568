"""The registries of Flask applications and blueprints, as drafts that a transaction may change.

A draft of an application is a copy of all its registries. While a transaction is under way,
only its own thread sees the copies, so that `route` and its relatives can be called after the
first request; the commit shows them to everybody at once, to no session that began before.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Flask, abort
from flask.sansio.scaffold import Scaffold

from livepatch.hosting.flask_table import Table, hold_map, table_of
from livepatch.model import MISSING, Write, WriteKind
from livepatch.patching.commits import SESSIONS
from livepatch.patching.registering import Carrier
from livepatch.runtime import holding

HOOKS = (
    "before_request_funcs",
    "after_request_funcs",
    "teardown_request_funcs",
    "template_context_processors",
    "url_value_preprocessors",
    "url_default_functions",
)
"""The registries whose keys are names of blueprints, and None; the values are lists."""

SCOPED = (*HOOKS, "error_handler_spec")
SHARED = ("view_functions", *SCOPED)
APPLICATION = (*SHARED, "blueprints", "teardown_appcontext_funcs", "shell_context_processors")
BLUEPRINT = (*SHARED, "deferred_functions", "_blueprints")
ENVIRONMENT = ("filters", "tests")

_drafts: dict[int, Draft] = {}
"""The open drafts by the threads that may register things now."""


def open_draft() -> Draft | None:
    """Give the draft that is open in this thread."""
    return _drafts.get(threading.get_ident())


class Views(dict[str, Any]):
    """View functions by endpoint; who was matched just before a route went away gets a 404."""

    def __missing__(self, endpoint: str) -> Any:
        """Give a view that answers 404."""
        return not_found


def not_found(**_: Any) -> Any:
    """Answer 404, whatever the arguments of the route are."""
    abort(404)


def _check_setup_finished(self: Any, f_name: str) -> None:
    if open_draft() is None:
        super(type(self), self)._check_setup_finished(f_name)


def _add_url_rule(
    self: Any,
    rule: str,
    endpoint: Any = None,
    view_func: Any = None,
    *rest: Any,
    **options: Any,
) -> None:
    """Let a statement that runs again replace what it registered under the same endpoint."""
    draft = open_draft()
    if draft is not None and view_func is not None:
        name = endpoint or getattr(view_func, "__name__", "")
        known = self.view_functions.get(name)
        if (
            draft.replaces
            and known not in {None, view_func}
            and (id(self), name) not in draft.added
        ):
            table = table_of(self)
            table.drop(list(table.rules.get(name, ())))
            del self.view_functions[name]
        draft.added.add((id(self), name))
    super(type(self), self).add_url_rule(rule, endpoint, view_func, *rest, **options)


def _record(self: Any, func: Any) -> None:
    """Register with the applications that have the blueprint already, too."""
    super(type(self), self).record(func)
    draft = open_draft()
    if draft is not None:
        known: set[int] = set()
        for app, name in draft.registrations(self):
            options = draft.options[id(app), name]
            func(self.make_setup_state(app, options, id(app) not in known))
            known.add(id(app))


def options_of(blueprint: Any, app: Flask, name: str) -> dict[str, Any]:
    """Give the options with which a blueprint was registered under `name`.

    Flask keeps them nowhere: they are told from a rule that the blueprint has made there, and
    remembered for the time when it has none.
    """
    known: dict[str, dict[str, Any]] = vars(app).setdefault("_livepatch_options", {})
    prefix, _, own = name.rpartition(".")
    for rule, endpoint in rules_in(blueprint):
        for made in table_of(app).rules.get(f"{name}.{endpoint}", ()):
            start = url_prefix_of(made.rule, rule)
            if start is not None:
                known[name] = {"url_prefix": start or None, "subdomain": made.subdomain or None}
    return {"name": own, "name_prefix": prefix, **known.get(name, {})}


def url_prefix_of(made: str, rule: str) -> str | None:
    """Give the prefix after which `rule` became `made`, None where it cannot have."""
    if not rule:
        return made
    tail = f"/{rule.lstrip('/')}"
    return made[: -len(tail)] if made.endswith(tail) else None


def rules_in(blueprint: Blueprint) -> Iterator[tuple[str, str]]:
    """Give the rules that a blueprint adds to whoever registers it, with their endpoints."""
    if blueprint.has_static_folder:
        yield f"{blueprint.static_url_path}/<path:filename>", "static"
    for deferred in blueprint.deferred_functions:
        cells = cells_of(deferred)
        if {"rule", "endpoint", "view_func"} <= cells.keys():
            view = cells["view_func"].cell_contents
            endpoint = cells["endpoint"].cell_contents or getattr(view, "__name__", "")
            yield cells["rule"].cell_contents, endpoint


def cells_of(function: Any) -> dict[str, Any]:
    """Give the cells of a closure by the names of their variables."""
    code = getattr(function, "__code__", None)
    closure = getattr(function, "__closure__", None) or ()
    return dict(zip(code.co_freevars, closure, strict=True)) if code is not None else {}


class Draft:
    """Copies of the registries of all applications and blueprints, in one transaction."""

    def __init__(self, carrier: Carrier) -> None:
        """Have no copies yet."""
        self._carrier = carrier
        self._before: dict[tuple[type, str], Any] = {}
        self._globals: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._known: dict[tuple[int, str], set[tuple[holding.Path, int]]] = {}
        self.options: dict[tuple[int, str], dict[str, Any]] = {}
        self.replaces = False
        self.added: set[tuple[int, str]] = set()
        self.apps: list[Flask] = []
        self.blueprints: list[Blueprint] = []

    def open(self) -> bool:
        """Show copies to this thread, and let it register things; False if there is nothing."""
        found = holding.instances_of((Scaffold,))
        if not found:
            return False
        SESSIONS.hide_early_writes()
        writes: list[Write] = []
        for scaffold in found:
            if holding.is_held(scaffold) or "url_default_functions" in vars(scaffold):
                writes += self._copies(scaffold)  # else it is being made just now
        self._carrier.carry_out_now(writes)
        _drafts[threading.get_ident()] = self
        for app in self.apps:
            for name, blueprint in app.blueprints.items():
                self.options[id(app), name] = options_of(blueprint, app, name)
        self.mark()
        return True

    def mark(self) -> None:
        """Take what blueprints have now as known to the applications that have them."""
        for blueprint in self.blueprints:
            for name in SHARED:
                entries = holding.entries(getattr(blueprint, name))
                self._known[id(blueprint), name] = {(path, id(item)) for path, item in entries}

    def close(self) -> None:
        """Let this thread register things no longer."""
        _drafts.pop(threading.get_ident(), None)

    def registrations(self, blueprint: Blueprint) -> Iterator[tuple[Flask, str]]:
        """Give the applications that have a blueprint, and under which names."""
        for app in self.apps:
            for name, other in list(app.blueprints.items()):
                if other is blueprint:
                    yield app, name

    def _copies(self, scaffold: Any) -> Iterator[Write]:
        extra: dict[str, Any] = {"_check_setup_finished": _check_setup_finished}
        if isinstance(scaffold, Flask):
            self.apps.append(scaffold)
            names: tuple[str, ...] = APPLICATION
            extra["add_url_rule"] = _add_url_rule
            scaffold.url_map.update()
            yield from self._copies_in(hold_map(scaffold.url_map))
            environment = vars(scaffold).get("jinja_env")
            if environment is not None:
                yield from self._copies_in(holding.hold(environment, ENVIRONMENT, {}))
                self._globals.append((environment.globals, dict(environment.globals)))
        else:
            self.blueprints.append(scaffold)
            names = BLUEPRINT
            extra["record"] = _record
        yield from self._copies_in(holding.hold(scaffold, names, extra))

    def _copies_in(self, cls: type) -> Iterator[Write]:
        for name in vars(cls)[holding.NAMES]:
            old = self._before[cls, name] = holding.current(cls, name)
            copy = holding.copied(old)
            if name == "view_functions":
                copy = Views(copy)
            yield holding.replacement(cls, name, copy)

    def spread(self) -> None:
        """Give what was registered with blueprints to the applications that have them."""
        for blueprint in self.blueprints:
            for name in SHARED:
                known = self._known[id(blueprint), name]
                for path, item in list(holding.entries(getattr(blueprint, name))):
                    if (path, id(item)) not in known:
                        self._spread_one(blueprint, name, path, item)

    def _spread_one(
        self, blueprint: Blueprint, name: str, path: holding.Path, item: Any
    ) -> None:
        for app, title in self.registrations(blueprint):
            place = path
            rename = getattr(blueprint, "own_endpoint", None)
            if name == "view_functions" and rename is not None:
                place = (rename(title, path[0]),)
            if name in SCOPED:
                scope = title if path[0] is None else f"{title}.{path[0]}"
                place = (scope, *path[1:])
            container = getattr(app, name)
            present = {(p, id(i)) for p, i in holding.entries(container)}
            if (place, id(item)) not in present:
                holding.insert(container, place, item)

    def finish(self) -> None:
        """Have all rules sorted, and take back the copies in which nothing has changed."""
        for app in self.apps:
            table_of(app).sort()
        self._postpone_globals()
        unchanged = []
        for (cls, name), old in self._before.items():
            new = holding.current(cls, name)
            if new is not old and _same(old, new):
                unchanged.append(holding.replacement(cls, name, old))
        gone = {(id(write.target), write.name) for write in unchanged}
        SESSIONS.commit(unchanged, final=False)
        inverse = self._carrier.inverse
        inverse[:] = [w for w in inverse if (id(w.target), w.name) not in gone]

    def _postpone_globals(self) -> None:
        """Let globals of templates change with the commit: templates hold that very dict."""
        for live, old in self._globals:
            for name in live.keys() | old.keys():
                new = live.get(name, MISSING)
                if new is not old.get(name, MISSING):
                    self._carrier.add([Write(WriteKind.ITEM, live, name, new)])
                    if name in old:
                        live[name] = old[name]
                    else:
                        del live[name]


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, Table):
        old, new = old.rules, new.rules
    if isinstance(old, defaultdict) and not isinstance(new, defaultdict):
        return False
    return [(p, id(i)) for p, i in holding.entries(old)] == [
        (p, id(i)) for p, i in holding.entries(new)
    ]
