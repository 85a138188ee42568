"""Live routes: what definitions registered with Flask follows them through a patch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Flask
from flask.sansio.scaffold import Scaffold
from werkzeug.routing import Rule

from livepatch.hosting import flask_adopt, flask_reading
from livepatch.hosting.flask_draft import Draft, cells_of
from livepatch.hosting.flask_editing import forget_blueprint
from livepatch.hosting.flask_owning import LISTS, is_owned, registries, rule_of
from livepatch.hosting.flask_reading import UNKNOWN, Registration
from livepatch.hosting.flask_table import table_of
from livepatch.model import MISSING, Action, Edit, Note, Write, WriteKind
from livepatch.patching.owning import callables_between, content_of, may_register, owned_by
from livepatch.patching.registering import Carrier, Step
from livepatch.runtime import holding


@dataclass(slots=True)
class Retired:
    """What was taken back of one definition: it comes again, or is given to the new one."""

    step: Step
    owned: frozenset[int]
    known: bool
    views: list[tuple[Any, str, Any]] = field(default_factory=list)
    rules: list[tuple[Flask, Rule]] = field(default_factory=list)
    places: list[tuple[Any, holding.Path, Any]] = field(default_factory=list)


class FlaskRegistrar:
    """Keeps all applications and blueprints in step with one transaction."""

    def __init__(self, carrier: Carrier) -> None:
        """Look at nothing yet."""
        self._carrier = carrier
        self._draft: Draft | None = None
        self._retired: list[Retired] = []
        self._steps: list[Step] = []
        self._taken_back: set[int] = set()
        self._final: dict[int, object] = {}
        self._kept: list[object] = []

    def open(self, steps: list[Step]) -> frozenset[int]:
        """Take back what the old definitions registered; open a draft where one is needed."""
        self._steps = [step for step in steps if self._is_concerned(step)]
        draft = Draft(self._carrier)
        if not self._steps or not draft.open():
            return frozenset()
        self._draft = draft
        for step in self._steps:
            if step.edit.old is not None:
                self._retire(step)
        self._draft.mark()
        return frozenset(
            id(retired.step.edit)
            for retired in self._retired
            if retired.step.edit.action is Action.RENAME and (retired.views or retired.places)
        )

    @staticmethod
    def _is_concerned(step: Step) -> bool:
        edit = step.edit
        if flask_adopt.method_class(step) is not None:
            return True
        if edit.action is Action.UPDATE:
            return bool(edit.parts & {"decorators", "name"})
        for definition in (edit.old, edit.new):
            if definition is None:
                continue
            if isinstance(
                definition.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
            ):
                return bool(definition.node.decorator_list)
            if may_register(definition.node, step.names, (Scaffold,)):
                return True
        return False

    def has_taken_back(self, edit: Edit) -> bool:
        """Tell whether nothing is left of what the old statement of `edit` has done."""
        return id(edit) in self._taken_back

    def adopt(self, old: object, new: object) -> bool:
        """Have an application or blueprint that others hold become what `new` is."""
        if self._draft is None or not flask_adopt.is_same_kind(old, new):
            return False
        if isinstance(old, Flask) and isinstance(new, Flask):
            flask_adopt.adopt_app(self._carrier, old, new)
        elif isinstance(old, Blueprint) and isinstance(new, Blueprint):
            flask_adopt.adopt_blueprint(self._draft, self._carrier, old, new)
        return True

    def replaced(self, made: object, final: object) -> None:
        """Have `final` registered where `made` is."""
        self._final[id(made)] = final
        self._kept.append(made)  # an id is only good while the object lives

    def close(self) -> None:
        """Let this thread register nothing more."""
        if self._draft is not None:
            self._draft.close()

    # --- taking back ---------------------------------------------------------------------------

    def _retire(self, step: Step) -> None:
        old = step.edit.old
        if old is None:
            return
        if not step.functions:
            calls = flask_reading.in_statement(old.node, step.names)
            if calls and all(item.rule is not UNKNOWN for item in calls):
                self._taken_back.add(id(step.edit))
            for registration in calls:
                self._retire_call(registration, step)
            return
        registrations = flask_reading.in_decorators(old.node, step.names)
        routes = [item.rule for item in registrations if item.rule is not None]
        rules = set(routes) if routes and UNKNOWN not in routes else None
        retired = Retired(step, owned_by(step), bool(registrations))
        self._retired.append(retired)
        for scaffold in self._scaffolds():
            self._retire_in(scaffold, retired, rules)

    def _scaffolds(self) -> list[Any]:
        return [] if self._draft is None else [*self._draft.apps, *self._draft.blueprints]

    def _retire_in(self, scaffold: Any, retired: Retired, rules: set[str] | None) -> None:
        owned = retired.owned
        endpoints = {key for key, view in scaffold.view_functions.items() if id(view) in owned}
        for endpoint in endpoints:
            view = scaffold.view_functions.pop(endpoint)
            retired.views.append((scaffold, endpoint, view))
        if isinstance(scaffold, Flask):
            table = table_of(scaffold)
            gone = [
                rule
                for endpoint in endpoints
                for rule in table.rules.get(endpoint, ())
                if rules is None or any(_ends_with(rule.rule, text) for text in rules)
            ]
            retired.rules.extend((scaffold, rule) for rule in gone)
            table.drop(gone)
        for container in registries(scaffold):
            for path, item in list(holding.entries(container)):
                if is_owned(item, owned, rules):
                    retired.places.append((container, path, item))
            holding.drop(container, lambda _, item: is_owned(item, owned, rules))

    def _retire_call(self, call: Registration, step: Step) -> None:
        """Take back what one call in an old statement has registered."""
        if call.rule is not None:
            self._retire_rule(call, step)
        elif call.method == "register_blueprint" and call.arguments:
            for app in self._draft.apps if self._draft is not None else ():
                for name, blueprint in list(app.blueprints.items()):
                    if blueprint is call.arguments[0] and name in app.blueprints:
                        forget_blueprint(app, name)
            if isinstance(call.scaffold, Blueprint):
                nested = call.scaffold._blueprints  # noqa: SLF001  flask knows no public way
                nested[:] = [pair for pair in nested if pair[0] is not call.arguments[0]]
        else:
            owned = frozenset(id(item) for item in call.arguments if callable(item))
            for container in (*registries(call.scaffold), *self._registries_of_apps(call)):
                holding.drop(container, lambda _, item: is_owned(item, owned, None))

    def _registries_of_apps(self, call: Registration) -> Iterator[Any]:
        if isinstance(call.scaffold, Blueprint) and self._draft is not None:
            for app, _ in self._draft.registrations(call.scaffold):
                yield from registries(app)

    def _retire_rule(self, call: Registration, step: Step) -> None:
        if call.rule is UNKNOWN:
            self._retire_made_in(step)
            return
        rule, endpoint = call.rule, call.endpoint
        places: list[tuple[Flask, str]] = []
        if isinstance(call.scaffold, Flask):
            places = [(call.scaffold, "")]
        elif self._draft is not None:
            places = [(app, f"{n}.") for app, n in self._draft.registrations(call.scaffold)]
            deferred = call.scaffold.deferred_functions
            deferred[:] = [item for item in deferred if rule_of(item) != rule]
        for app, start in places:
            table = table_of(app)
            gone = [
                made
                for made in table
                if made.endpoint.startswith(start)
                and "." not in made.endpoint[len(start) :]
                and _ends_with(made.rule, rule)
                and (start or made.rule == rule)
                and endpoint in {None, UNKNOWN, made.endpoint[len(start) :]}
            ]
            table.drop(gone)
            for made in gone:
                if made.endpoint not in table.rules:
                    app.view_functions.pop(made.endpoint, None)

    def _retire_made_in(self, step: Step) -> None:
        """Take back the views that a statement has made itself; others it may replace."""
        old = step.edit.old
        if old is None or self._draft is None:
            return
        lines = range(old.first, old.end + 1)
        found = False
        for app in self._draft.apps:
            for endpoint, view in list(app.view_functions.items()):
                code = getattr(view, "__code__", None)
                if code and code.co_filename in step.files and code.co_firstlineno in lines:
                    found = True
                    del app.view_functions[endpoint]
                    table = table_of(app)
                    table.drop(list(table.rules.get(endpoint, ())))
        if not found:
            self._draft.replaces = True
            self._note_kept(step)

    def _note_kept(self, step: Step) -> None:
        old = step.edit.old
        if old is not None:
            message = "the routes that it added before cannot be told from its text; they stay"
            place = next(iter(sorted(step.files)), "")
            note = Note(
                "routes-kept", str(old.qualname or old.text[:40]), place, old.line, message
            )
            self._carrier.notes.append(note)

    # --- finishing -----------------------------------------------------------------------------

    def finish(self) -> None:
        """Have everything registered that is to be, with the functions that live on."""
        if self._draft is None:
            return
        self._exchange()
        self._draft.spread()
        for retired in self._retired:
            if retired.step.edit.new is not None and not self._came_again(retired):
                self._give_back(retired)
        self._fill_views()
        flask_adopt.follow_methods(self._draft, self._carrier, self._steps)
        for step in self._steps:
            self._put_in_order(step)
        self._draft.finish()

    def _exchange(self) -> None:
        for scaffold in self._scaffolds():
            for container in (scaffold.view_functions, *registries(scaffold)):
                for _, item in list(holding.entries(container)):
                    if id(item) in self._final:
                        holding.exchange(container, item, self._final[id(item)])
            for deferred in getattr(scaffold, "deferred_functions", ()):
                for cell in cells_of(deferred).values():
                    content = content_of(cell)
                    if id(content) in self._final:
                        final = self._final[id(content)]
                        self._carrier.add([Write(WriteKind.CELL, cell, "cell_contents", final)])

    def _new_value(self, step: Step) -> Any:
        new = step.edit.new
        return step.names(new.name) if new is not None and not step.edit.owner else step.value

    def _came_again(self, retired: Retired) -> bool:
        """Tell whether the new definition registered itself, or was meant not to."""
        if retired.known:
            return True
        value = self._new_value(retired.step)
        owned = {
            id(value),
            *callables_between(value, frozenset(map(id, retired.step.functions))),
        }
        return any(
            id(item) in owned
            for scaffold in self._scaffolds()
            for container in (scaffold.view_functions, *registries(scaffold))
            for _, item in holding.entries(container)
        )

    def _give_back(self, retired: Retired) -> None:
        """Register the new value where the old one was: its decorators were no registrations."""
        value = self._new_value(retired.step)
        for scaffold, endpoint, _ in retired.views:
            scaffold.view_functions.setdefault(endpoint, value)
        for app, rule in retired.rules:
            table = table_of(app)
            table.rules.setdefault(rule.endpoint, []).append(rule)
            table.rebuild()
        for container, path, item in retired.places:
            view = item if rule_of(item) is not None else value
            holding.insert(container, path, view)

    def _fill_views(self) -> None:
        """Give a view to endpoints that another statement has given a rule of its own."""
        for retired in self._retired:
            for scaffold, endpoint, view in retired.views:
                if not isinstance(scaffold, Flask) or endpoint in scaffold.view_functions:
                    continue
                if table_of(scaffold).rules.get(endpoint):
                    value = self._new_value(retired.step)
                    scaffold.view_functions[endpoint] = view if value is MISSING else value

    def _put_in_order(self, step: Step) -> None:
        """Put what a definition has added to lists before what stands below it in the file."""
        new = step.edit.new
        if new is None or self._draft is None:
            return
        value = self._new_value(step)
        for scaffold in self._scaffolds():
            for name in LISTS:
                container = getattr(scaffold, name, {})
                lists = container.values() if isinstance(container, dict) else [container]
                for items in lists:
                    if items and items[-1] is value:
                        _move_up(items, step)


def _move_up(items: list[Any], step: Step) -> None:
    new = step.edit.new
    if new is None:
        return
    for index, item in enumerate(items[:-1]):
        code = getattr(item, "__code__", None)
        if code is None or code.co_filename not in step.files:
            continue
        if step.line_of(code.co_firstlineno) > new.first:
            items.insert(index, items.pop())
            return


def registrar(carrier: Carrier) -> FlaskRegistrar:
    """Give what keeps Flask in step with a transaction."""
    return FlaskRegistrar(carrier)


def _ends_with(made: str, rule: str) -> bool:
    return made.endswith(rule) if rule else True
