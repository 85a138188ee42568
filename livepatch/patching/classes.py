"""Edits of class headers, and of bodies that only the class statement as a whole can carry out.

The class statement is executed aside, and what it made is transplanted into the live class.
Where CPython forbids that, the name is bound to the new class, and the instances follow as far
as their layout allows.
"""

from __future__ import annotations

import ast
import dataclasses
from functools import partial

from livepatch.diff.match import match
from livepatch.diff.parts import does_nothing, header_parts, same_tree
from livepatch.model import (
    MISSING,
    Action,
    Change,
    ChangeKind,
    Definition,
    Edit,
    Kind,
    Note,
    Write,
    WriteKind,
)  # fmt: skip
from livepatch.patching import bodies, handover, statements
from livepatch.patching.docstrings import is_string
from livepatch.patching.registrations import Registrations
from livepatch.patching.site import Scope, Site
from livepatch.runtime import classes, enums, fields, kinds

Path = tuple[str, ...]
ORDER = frozenset({"order"})


def drop_idle_orders(site: Site) -> None:
    """Leave out the edits that say of a class nothing but that attributes changed places.

    Only what is generated from the body has an order: fields, members.
    """
    edits = [edit for edit in site.plan.edits if edit.parts != ORDER or _has_order(site, edit)]
    if len(edits) != len(site.plan.edits):
        site.plan = dataclasses.replace(site.plan, edits=tuple(edits))


def _has_order(site: Site, edit: Edit) -> bool:
    if edit.new is None:
        return False
    scope = site.scope_of((*edit.owner, edit.new.name))
    cls = None if scope is None else scope.owner
    return cls is not None and kinds.is_generated_from_body(cls, (), is_attribute=True)


def classes_to_rebuild(site: Site) -> frozenset[Path]:
    """Give the paths of the classes whose statement has to be executed as a whole.

    Those are classes with a changed header, and those whose body is read by something that
    generates from it: a dataclass, an enumeration, a named tuple, a model.
    """
    found: set[Path] = set()
    for edit in site.plan.edits:
        if edit.action is Action.HEADER and edit.new is not None:
            found.add((*edit.owner, edit.new.name))
        elif edit.owner and edit.owner not in found and _matters(site, edit):
            scope = site.scope_of(edit.owner)
            cls = None if scope is None else scope.owner
            if cls is not None and _asks_for_all(cls, edit):
                found.add(edit.owner)
    return frozenset(found)


def _matters(site: Site, edit: Edit) -> bool:
    """Tell whether what is generated from a class body may be another one after `edit`."""
    if edit.action not in {Action.ADD, Action.EXECUTE, Action.REMOVE, Action.RENAME}:
        return False
    both = [definition for definition in (edit.old, edit.new) if definition is not None]
    if not all(does_nothing(definition.node) for definition in both):
        return True
    return edit.old is not None and _loses_docstring(site, edit.owner, edit.old)


def _loses_docstring(site: Site, path: Path, old: Definition) -> bool:
    """Tell whether `old` was the docstring of a class that has none now: one may be generated."""
    before, after = bodies.find(site.plan.old, path), bodies.find(site.plan.new, path)
    if before is None or after is None or before.children[:1] != (old,):
        return False
    return not any(map(is_string, after.children[:1]))


def _asks_for_all(cls: type, edit: Edit) -> bool:
    both = [definition for definition in (edit.old, edit.new) if definition is not None]
    names = frozenset[str]().union(*(definition.binds for definition in both))
    is_attribute = both[-1].kind is Kind.STATEMENT
    return kinds.is_generated_from_body(cls, names, is_attribute=is_attribute)


def is_covered(edit: Edit, rebuilt: frozenset[Path]) -> bool:
    """Tell whether `edit` is part of the rebuild of its class."""
    return edit.owner in rebuilt and edit.action in {Action.ADD, Action.EXECUTE}


def rebuild(site: Site, path: Path) -> None:
    """Execute the class statement at `path` aside, and make the live class what it made."""
    scope = site.scope_of(path[:-1])
    old_definition = bodies.find(site.plan.old, path)
    new_definition = bodies.find(site.plan.new, path)
    unit = _unit(site, path)
    if scope is None or new_definition is None or old_definition is None or unit is None:
        return
    live = site.scope_of(path)
    registered = Registrations(site, scope, old_definition, new_definition, live and live.owner)
    made = site.run(new_definition.node, unit, new_definition, scope).get(
        new_definition.name, MISSING
    )
    site.transaction.changes.append(_change(site, new_definition, old_definition))
    if live is None or live.owner is None or not isinstance(made, type):
        statements.bind(site, scope, new_definition.name, made, made=True)
        return
    keep = unchanged_names(old_definition, new_definition) - kinds.places_in(made)
    site.generated[path] = frozenset(classes.namespace_of(made))
    _drop_marks(site, live.owner, made, old_definition)
    standard = partial(transplanted, site, live.owner, made, keep, new_definition)
    kept = handover.chosen(site, live.owner, made, standard)
    if kept is MISSING:
        kept = live.owner if _transplant(site, live.owner, made, keep, new_definition) else made
    if kept is made:
        replace(site, scope, live.owner, made, keep, new_definition)
    registered.settle(live.owner, made, kept)


def transplanted(
    site: Site, old: type, made: type, keep: frozenset[str], new: Definition
) -> type:
    """Give the class to keep, changed already: `old` where CPython lets it become `made`."""
    if not _transplant(site, old, made, keep, new):
        return made
    site.transaction.flush()
    return old


def _drop_marks(site: Site, old: type, made: type, definition: Definition) -> None:
    """Let attributes go that only the old decorators had put on the class.

    They are those that the code of such a decorator names, and that neither text nor the new
    class has; what the program itself put on stays.
    """
    names: set[str] = set()
    for decorator in getattr(definition.node, "decorator_list", ()):
        root = decorator.func if isinstance(decorator, ast.Call) else decorator
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name):
            names |= classes.names_in_code(site.scope.get(root.id))
    bound = frozenset().union(*(child.binds for child in definition.children))
    kept = classes.namespace_of(made).keys() | bound
    gone = classes.namespace_of(old).keys() & names - kept
    site.transaction.add(
        [Write(WriteKind.TYPE_ATTRIBUTE, old, name, MISSING) for name in sorted(gone)]
    )


def _change(site: Site, new: Definition, old: Definition) -> Change:
    parts = header_parts(old, new)
    words = [
        word for word in ("decorators", "bases", "keywords", "type_params") if word in parts
    ]
    detail = ", ".join(words) or "class body"
    return Change(
        ChangeKind.UPDATED,
        new.qualname,
        site.tracked.file,
        new.line,
        site.module.__name__,
        detail,
    )


def _unit(site: Site, path: Path) -> Definition | None:
    for unit in reversed(site.plan.new):
        if bodies.find((unit,), path) is not None:
            return unit
    return None


def unchanged_names(old: Definition, new: Definition) -> frozenset[str]:
    """Give the names of the class body whose live objects stay: same statement, or patched."""
    names: set[str] = set()
    for before, after in match(old.children, new.children):
        if before is None or after is None:
            continue
        both = {before.kind, after.kind}
        if both <= {Kind.FUNCTION} or both <= {Kind.CLASS} or same_tree(before, after):
            names |= after.binds
    return frozenset(names)


def _transplant(
    site: Site, old: type, made: type, keep: frozenset[str], new: Definition
) -> bool:
    """Prepare all that makes `old` what `made` is; False where CPython forbids it."""
    if not classes.same_layout(old, made) or not _header(site, old, made):
        return False
    transaction = site.transaction
    if enums.is_enum(old) and enums.is_enum(made):
        writes, replaced = enums.member_writes(old, made)
        members = frozenset(made.__members__) | frozenset(old.__members__)  # type: ignore[attr-defined]
        transaction.add(writes)
        keep = keep | members | frozenset(enums.TABLES)
        for member in replaced:
            message = "the member is another object now: its old value is what it was"
            transaction.notes.append(
                Note(
                    "enum-member",
                    f"{new.qualname}.{member}",
                    site.tracked.file,
                    new.line,
                    message,
                )
            )
    transaction.add(classes.transplant(old, made, keep))
    writes, lacking = fields.instance_writes(old, made)
    transaction.add(writes)
    for name, count in lacking.items():
        message = (
            f"{count} live instances have no {name}, a new field without a default; write an "
            "@livepatch.upgrade hook"
        )
        note = Note("old-instances", new.qualname, site.tracked.file, new.line, message)
        transaction.notes.append(note)
    transaction.add(fields.after_transplant(old))
    update = classes.abstract_update(old)
    if update is not None:
        transaction.add([update])
    transaction.discarded.append(made)
    if fields.has_fields(old):
        transaction.rebuilt.append(old)
    return True


def _header(site: Site, old: type, made: type) -> bool:
    """Give `old` the bases and the metaclass of `made` at once; False where that is forbidden."""
    writes = []
    if type(old) is not type(made):
        writes.append(Write(WriteKind.ATTRIBUTE, old, "__class__", type(made)))
    if old.__bases__ != made.__bases__:
        writes.append(Write(WriteKind.TYPE_ATTRIBUTE, old, "__bases__", made.__bases__))
    if not writes:
        return True
    writes += classes.abstract_writes(old, made)
    try:
        site.transaction.carry_out_now(writes)
    except TypeError:
        return False
    return True


def replace(  # noqa: PLR0913, PLR0917
    site: Site, scope: Scope, old: type, made: type, keep: frozenset[str], new: Definition
) -> None:
    """Bind the name to `made`; methods stay the objects they are, instances follow if they can."""
    transaction = site.transaction
    instances = classes.instances_of(old)
    movable = not instances or classes.can_change_class(instances[0], made)
    path = tuple(old.__qualname__.split("."))
    if movable:
        site.stand_in(path, old, made, _share_methods(site, old, made, keep))
        transaction.add(
            [
                Write(WriteKind.INSTANCE_CLASS, instance, "__class__", made)
                for instance in instances
            ]
        )
    else:  # the old class keeps its old code: new methods may need what its instances lack
        site.split.add(path)
    site.bind(scope, new.name, made, made=True)
    _rebind_aliases(site, old, made)
    left = len(instances) if not movable else 0
    children: list[type] = type.__subclasses__(old)
    for child in children:
        bases = tuple(made if base is old else base for base in child.__bases__)
        try:
            transaction.carry_out_now(
                [Write(WriteKind.TYPE_ATTRIBUTE, child, "__bases__", bases)]
            )
        except TypeError:
            left += 1
    message = "CPython cannot give the live class this shape; the name is bound to a new class"
    file, line = site.tracked.file, new.line
    transaction.notes.append(Note("layout", new.qualname, file, line, message))
    if left:
        message = f"{left} live objects keep the old class and its code; make them anew"
        transaction.notes.append(Note("old-instances", new.qualname, file, line, message))


def _share_methods(
    site: Site, old: type, made: type, keep: frozenset[str]
) -> dict[str, object]:
    """Let the new class have the function objects of the old one, so that held ones follow."""
    adoptable = classes.adoptable_functions(old, keep)
    shared = {
        name: value
        for name, value in adoptable.items()
        if not isinstance(value, type)
        and name not in classes.NEVER
        and name != "__slots__"
        and not classes.is_slot(value)
    }
    site.transaction.add(
        [Write(WriteKind.TYPE_ATTRIBUTE, made, name, value) for name, value in shared.items()]
    )
    site.transaction.add(classes.cell_writes(list(adoptable.values()), old, made))
    return shared


def _rebind_aliases(site: Site, old: type, made: type) -> None:
    """Let every other name of a tracked module that holds the old class hold the new one."""
    for tracked in site.registry:
        for module in tracked.live_modules():
            namespace = vars(module)
            site.transaction.add(
                [
                    Write(WriteKind.ITEM, namespace, name, made)
                    for name, value in list(namespace.items())
                    if value is old
                ]
            )
