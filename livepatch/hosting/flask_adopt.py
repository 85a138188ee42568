"""Objects of Flask that an edit makes anew, while others hold the old ones: these take over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flask import Blueprint, Flask
from flask.views import MethodView, http_method_funcs
from werkzeug.routing import Rule

from livepatch.hosting.flask_draft import Draft
from livepatch.hosting.flask_editing import forget_blueprint
from livepatch.hosting.flask_table import table_of
from livepatch.model import MISSING, Action, Write, WriteKind
from livepatch.patching.registering import Carrier, Step
from livepatch.runtime import holding, lookup

COMMON: Final = (
    "import_name", "root_path", "template_folder", "_static_folder", "_static_url_path",
)  # fmt: skip
OF_APP: Final = (*COMMON, "instance_path", "subdomain_matching")
OF_BLUEPRINT: Final = (*COMMON, "name", "url_prefix", "subdomain", "url_values_defaults")


def adopt_app(carrier: Carrier, old: Flask, new: Flask) -> None:
    """Have `old` be made as `new` was; its routes, its configuration and its state stay."""
    moved = _static_of(old) != _static_of(new)
    carrier.add(_changes(old, new, OF_APP))
    if not moved:
        return
    table = table_of(old)
    table.drop(list(table.rules.get("static", ())))
    made: Any = new
    for rule in made.url_map.iter_rules():
        if rule.endpoint == "static":
            old.url_map.add(_copy_of(rule, rule.methods))
            old.view_functions.setdefault("static", old.send_static_file)


def adopt_blueprint(draft: Draft, carrier: Carrier, old: Blueprint, new: Blueprint) -> None:
    """Have `old` be made as `new` was, and registered anew by whom it was registered."""
    places = []
    for app, name in list(draft.registrations(old)):
        options = draft.options[id(app), name]
        if options.get("url_prefix") == old.url_prefix:
            options = {key: value for key, value in options.items() if key != "url_prefix"}
        if options["name"] == old.name:
            options = {**options, "name": new.name}
        places.append((app, name, options))
    carrier.carry_out_now(_changes(old, new, OF_BLUEPRINT))
    for app, name, options in places:
        forget_blueprint(app, name)
        old.register(app, options)


def _static_of(scaffold: Any) -> tuple[Any, Any]:
    return scaffold.static_folder, scaffold.static_url_path


def _changes(old: Any, new: Any, names: Iterable[str]) -> list[Write]:
    writes = [
        Write(WriteKind.ATTRIBUTE, old, name, vars(new)[name])
        for name in names
        if name in vars(new) and vars(new)[name] != vars(old).get(name, MISSING)
    ]
    if writes and "jinja_loader" in vars(old):  # cached, and made from what has changed
        writes.append(Write(WriteKind.ATTRIBUTE, old, "jinja_loader", MISSING))
    return writes


def _copy_of(rule: Rule, methods: Iterable[str] | None) -> Rule:
    """Give a rule like `rule`, bound to no map, for other methods."""
    options: Any = {**rule.get_empty_kwargs(), "methods": methods}
    copy = type(rule)(rule.rule, **options)
    automatic = getattr(rule, "provide_automatic_options", None)
    copy.provide_automatic_options = automatic  # type: ignore[attr-defined]
    return copy


def method_class(step: Step) -> type | None:
    """Give the class of views that gains or loses a method of HTTP with an edit."""
    edit = step.edit
    names = {d.name for d in (edit.old, edit.new) if d is not None}
    if edit.action is Action.UPDATE or not edit.owner or not names & http_method_funcs:
        return None
    cls = lookup.resolve_class(step.module, edit.owner)
    if cls is None or not issubclass(cls, MethodView) or not isinstance(cls.methods, set):
        return None
    return cls


def follow_methods(draft: Draft, carrier: Carrier, steps: Iterable[Step]) -> None:
    """Have the rules of class-based views accept the methods that their classes will have."""
    wanted: dict[type, set[str]] = {}
    for step in steps:
        cls: Any = method_class(step)
        if cls is None:
            continue
        methods = wanted.setdefault(cls, set(cls.methods))
        if step.edit.old is not None:
            methods.discard(step.edit.old.name.upper())
        if step.edit.new is not None and step.edit.new.name in http_method_funcs:
            methods.add(step.edit.new.name.upper())
    for cls, methods in wanted.items():
        carrier.add([Write(WriteKind.TYPE_ATTRIBUTE, cls, "methods", methods)])
        for app in draft.apps:
            for endpoint, view in list(app.view_functions.items()):
                if getattr(view, "view_class", None) is cls:
                    carrier.add([Write(WriteKind.ATTRIBUTE, view, "methods", methods)])
                    _replace_rules(app, endpoint, methods)


def _replace_rules(app: Flask, endpoint: str, methods: set[str]) -> None:
    table = table_of(app)
    old = list(table.rules.get(endpoint, ()))
    table.drop(old)
    for rule in old:
        automatic = {"OPTIONS"} if getattr(rule, "provide_automatic_options", False) else set()
        app.url_map.add(_copy_of(rule, methods | automatic))


def is_same_kind(old: object, new: object) -> bool:
    """Tell whether an application or blueprint was made anew."""
    kinds = (Flask, Blueprint)
    return any(isinstance(old, kind) and isinstance(new, kind) for kind in kinds) and (
        not holding.is_held(new)
    )
