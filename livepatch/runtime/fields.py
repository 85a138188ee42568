"""Fields that a generated class gains: what its live instances are given for them.

Dataclasses, attrs classes and pydantic models; none of the libraries is imported here.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from typing import Any

from livepatch.model import Write, WriteKind
from livepatch.runtime import classes

Maker = Callable[[object], object]
MARKS = frozenset({"__dataclass_fields__", "__attrs_attrs__", "__pydantic_core_schema__"})


def has_fields(cls: type) -> bool:
    """Tell whether `cls` was generated from fields, its own and those of its bases."""
    return bool(classes.namespace_of(cls).keys() & MARKS)


def instance_writes(old: type, made: type) -> tuple[list[Write], dict[str, int]]:
    """Give the writes that let live instances of `old` have the fields that `made` adds.

    The second value counts the instances that lack a field which has no default, by its name.
    """
    fresh = _fresh_fields(old, made)
    if not fresh:
        return [], {}
    writes: list[Write] = []
    lacking: dict[str, int] = {}
    for instance in _instances(old):
        for name, make in fresh.items():
            if make is None:
                lacking[name] = lacking.get(name, 0) + 1
            else:
                writes.extend(_give(instance, name, make(instance)))
    return writes, lacking


def _instances(cls: type) -> list[object]:
    """Give the instances of `cls`, and of subclasses that are not generated themselves."""
    every = classes.subclasses_of(cls)
    return classes.instances_of(*(e for e in every if e is cls or not has_fields(e)))


def _fresh_fields(old: type, made: type) -> dict[str, Maker | None]:
    before, after = classes.namespace_of(old), classes.namespace_of(made)
    found: dict[str, Maker | None] = {}
    for mark, read in _READERS.items():
        if mark in before and mark in after:
            known = read(before[mark])
            found.update({n: make for n, make in read(after[mark]).items() if n not in known})
    return {name: make for name, make in found.items() if make is not _FROM_CLASS}


def _give(instance: Any, name: str, value: object) -> Iterator[Write]:
    private = getattr(type(instance), "__private_attributes__", ())
    if name not in private:
        yield Write(WriteKind.INSTANCE_ATTRIBUTE, instance, name, value)
    elif instance.__pydantic_private__ is None:  # the model had no private attribute
        made = {name: value}
        yield Write(WriteKind.INSTANCE_ATTRIBUTE, instance, "__pydantic_private__", made)
    else:
        yield Write(WriteKind.ITEM, instance.__pydantic_private__, name, value)


def _FROM_CLASS(instance: object) -> object:  # noqa: N802  a mark rather than a function
    """Stand for a default that instances find on their class."""
    return instance


def _constant(value: object) -> Maker:
    return lambda _: value


def _made_by(factory: Callable[[], object]) -> Maker:
    return lambda _: factory()


def _validated_default(field: Any) -> Maker:
    """Give the default of a pydantic field, which may be made from the fields before it."""

    def make(instance: object) -> object:
        known = dict(vars(instance))
        return field.get_default(call_default_factory=True, validated_data=known)

    return make


def _dataclass_fields(table: dict[str, Any]) -> dict[str, Maker | None]:
    missing = dataclasses.MISSING
    found: dict[str, Maker | None] = {}
    for name, field in table.items():
        if field._field_type is not dataclasses._FIELD:  # type: ignore[attr-defined]
            continue
        factory = field.default_factory
        if factory is not missing:
            found[name] = _made_by(factory)
        else:
            found[name] = _FROM_CLASS if field.default is not missing else None
    return found


def _attrs_fields(table: Any) -> dict[str, Maker | None]:
    found: dict[str, Maker | None] = {}
    for attribute in table:
        default = attribute.default
        factory = getattr(default, "factory", None)
        if type(default).__name__ == "_Nothing" or repr(default) == "NOTHING":
            found[attribute.name] = None
        elif factory is None or type(default).__name__ != "Factory":
            found[attribute.name] = _constant(default)
        elif default.takes_self:
            found[attribute.name] = factory
        else:
            found[attribute.name] = _made_by(factory)
    return found


def _pydantic_fields(table: dict[str, Any]) -> dict[str, Maker | None]:
    found: dict[str, Maker | None] = {}
    for name, field in table.items():
        if getattr(field, "is_required", bool)():
            found[name] = None
        elif hasattr(field, "default_factory_takes_validated_data"):
            found[name] = _validated_default(field)
        else:
            found[name] = _made_by(field.get_default)
    return found


_READERS: dict[str, Callable[[Any], dict[str, Maker | None]]] = {
    "__dataclass_fields__": _dataclass_fields,
    "__attrs_attrs__": _attrs_fields,
    "__pydantic_fields__": _pydantic_fields,
    "__private_attributes__": _pydantic_fields,
}


def after_transplant(cls: Any) -> Iterator[Write]:
    """Give what a library has to do once the class is whole: pydantic builds its validators.

    Those of models that have a field of this one are built from its validators, so they follow.
    """
    pydantic: Any = sys.modules.get("pydantic")
    if pydantic is None or "__pydantic_core_schema__" not in classes.namespace_of(cls):
        return

    def rebuild_models() -> None:
        cls.model_rebuild(force=True)
        for model in _models_around(cls, pydantic.BaseModel):
            model.model_rebuild(force=True)

    yield Write(WriteKind.CALL, cls, "validators", rebuild_models)


def _models_around(cls: type, base: type) -> list[Any]:
    """Give the models with a field of type `cls`, then those with a field of one of these."""
    waiting = [model for model in classes.subclasses_of(base) if model is not cls]
    found: list[Any] = [cls]
    for inner in found:
        around = [model for model in waiting if _mentions(model, inner)]
        waiting = [model for model in waiting if model not in around]
        found.extend(around)
    return found[1:]


def _mentions(model: Any, cls: type) -> bool:
    fields = classes.namespace_of(model).get("__pydantic_fields__", {})
    pending = [field.annotation for field in fields.values()]
    while pending:
        found = pending.pop()
        if found is cls:
            return True
        pending.extend(getattr(found, "__args__", ()))
    return False
