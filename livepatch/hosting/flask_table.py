"""The rules of a Flask application, so kept that a patch can replace them all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any

from flask import Flask
from werkzeug.routing import Map, Rule

from livepatch.runtime import holding


class Table:
    """The rules of one `Map` in one version, with the matcher made from them."""

    __slots__ = ("matcher", "remap", "rules")

    def __init__(self, rules: dict[str, list[Rule]], matcher: Any, *, remap: bool) -> None:
        """Take the parts as they are."""
        self.rules = rules
        self.matcher = matcher
        self.remap = remap

    def rebuild(self) -> None:
        """Have a new matcher, of the rules as they are now."""
        matcher = type(self.matcher)(self.matcher.merge_slashes)
        for rules in self.rules.values():
            for rule in rules:
                if not rule.build_only:
                    matcher.add(rule)
        self.matcher = matcher
        self.remap = True

    def drop(self, gone: Iterable[Rule]) -> None:
        """Have no rule of `gone` any more."""
        chosen = {id(rule) for rule in gone}
        if chosen and holding.drop(self.rules, lambda _, rule: id(rule) in chosen):
            self.rebuild()

    def exchange(self, chosen: Callable[[Rule], Rule]) -> None:
        """Have `chosen(rule)` in the place of each rule."""
        for rules in self.rules.values():
            rules[:] = map(chosen, rules)
        self.rebuild()

    def __iter__(self) -> Iterator[Rule]:
        """Give all rules."""
        for rules in list(self.rules.values()):
            yield from rules

    def __livepatch_copy__(self) -> Table:
        """Give a copy that shares nothing but the rules."""
        table = Table(holding.copied(self.rules), self.matcher, remap=True)
        table.rebuild()
        return table

    def __livepatch_merged__(self, base: Table, value: Table) -> Table:
        """Give this table with the difference between two others made in it."""
        rules = holding.merged(self.rules, base.rules, value.rules)
        table = Table(rules, self.matcher, remap=True)
        table.rebuild()
        table.sort()
        return table

    def sort(self) -> None:
        """Have everything in the order in which it is matched and built."""
        if self.remap:
            self.matcher.update()
            for rules in self.rules.values():
                rules.sort(key=lambda rule: rule.build_compare_key())
            self.remap = False


def key_of(rule: Rule) -> tuple[Any, ...]:
    """Give what two rules have in common that match and build the same."""
    defaults = tuple(sorted((rule.defaults or {}).items(), key=str))
    methods = frozenset(rule.methods or ())
    kind = (rule.build_only, rule.websocket, rule.strict_slashes, rule.alias, rule.redirect_to)
    return rule.rule, rule.endpoint, methods, rule.subdomain, rule.host, defaults, kind


def _set_remap(url_map: Any, value: bool) -> None:  # noqa: FBT001  the setter of a property
    url_map._table.remap = value  # noqa: SLF001  werkzeug knows no public way


_MAP: dict[str, Any] = {
    "_matcher": property(attrgetter("_table.matcher")),
    "_rules_by_endpoint": property(attrgetter("_table.rules")),
    "_remap": property(attrgetter("_table.remap"), _set_remap),
}


def hold_map(url_map: Map) -> type:
    """Give a `Map` a class of its own that holds its table."""
    own: Any = vars(url_map)
    if not holding.is_held(url_map):
        own["_table"] = Table(own["_rules_by_endpoint"], own["_matcher"], remap=own["_remap"])
    return holding.hold(url_map, ["_table"], _MAP)


def table_of(app: Flask) -> Table:
    """Give the rules of an application as the caller sees them."""
    url_map: Any = app.url_map
    if not holding.is_held(url_map):
        hold_map(url_map)
    return url_map._table  # type: ignore[no-any-return]  # noqa: SLF001
