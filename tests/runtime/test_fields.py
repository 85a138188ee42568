"""Live instances of generated classes get the fields that an edit adds."""

import pytest

import livepatch

DATACLASS = """
from dataclasses import dataclass, field


@dataclass
class P:
    x: int


class Q(P):
    pass
"""


def notes(patch, slug):
    return [note for note in patch.notes if note.slug == slug]


def test_instances_of_a_dataclass_and_of_its_plain_subclasses_get_lists_of_their_own(project):
    app = project.start("app", DATACLASS)
    p, q = app.P(1), app.Q(2)
    project.edit("app.py", "x: int", "x: int\n    tags: list = field(default_factory=list)")
    assert project.refresh().ok
    assert p.tags == q.tags == []
    assert p.tags is not q.tags
    assert p == app.P(1)
    livepatch.undo()
    assert not hasattr(p, "tags")
    assert repr(p) == "P(x=1)"


def test_a_new_field_without_a_default_is_reported_with_the_number_of_instances(project):
    app = project.start("app", DATACLASS)
    kept = app.P(1), app.P(2)
    project.edit("app.py", "x: int", "x: int\n    y: int")
    (note,) = notes(project.refresh(), "old-instances")
    assert note.message.startswith("2 live instances have no y")
    assert app.P(1, 2).y == 2
    assert [p.x for p in kept] == [1, 2]


ATTRS = """
import attrs


@attrs.define(slots=False)
class P:
    x: int


class Q(P):
    pass
"""


@pytest.fixture
def points(project):
    pytest.importorskip("attrs")
    return project.start("app", ATTRS)


def test_instances_of_an_attrs_class_get_defaults_and_what_factories_make(project, points):
    p, q = points.P(1), points.Q(2)
    more = """x: int
    y: int = 5
    z: list = attrs.field(factory=list)
    w: int = attrs.field(default=attrs.Factory(lambda self: self.x + 1, takes_self=True))"""
    project.edit("app.py", "x: int", more)
    assert project.refresh().ok
    assert p == points.P(1)
    assert (q.y, q.z, q.w) == (5, [], 3)
    assert p.z is not q.z
    livepatch.undo()
    assert vars(p) == {"x": 1}


def test_an_attrs_field_without_a_default_is_reported(project, points):
    kept = points.P(1)
    project.edit("app.py", "x: int", "x: int\n    y: int")
    (note,) = notes(project.refresh(), "old-instances")
    assert note.message.startswith("1 live instances have no y")
    assert points.P(1, 2).y == 2
    assert kept.x == 1


def test_an_attrs_class_with_slots_takes_methods_in_place_and_says_that_it_takes_no_field(
    project,
):
    pytest.importorskip("attrs")
    app = project.start("app", ATTRS.replace("(slots=False)", ""))
    cls, p = app.P, app.P(1)
    project.edit(
        "app.py", "x: int", "x: int\n\n    def double(self):\n        return 2 * self.x"
    )
    assert project.refresh().ok
    assert app.P is cls
    assert p.double() == 2
    project.edit("app.py", "x: int", "x: int\n    y: int = 5")
    assert notes(project.refresh(), "layout")
    assert app.P(1).y == 5
    assert p.double() == 2


MODEL = """
import pydantic


class M(pydantic.BaseModel):
    x: int


class N(M):
    k: int = 0


class Holder(pydantic.BaseModel):
    items: list[M] = []


class Outer(pydantic.BaseModel):
    holder: Holder | None = None
"""


@pytest.fixture
def models(project):
    pytest.importorskip("pydantic", minversion="2")
    return project.start("app", MODEL)


def test_a_pydantic_model_stays_the_class_it_is_and_gains_fields(project, models):
    cls, m = models.M, models.M(x=1)
    more = "x: int\n    y: int = 5\n    z: list = pydantic.Field(default_factory=list)"
    project.edit("app.py", "x: int", more)
    assert project.refresh().ok
    assert models.M is cls
    assert cls(x=1, y="7").y == 7
    assert m == cls(x=1)
    assert m.model_dump() == {"x": 1, "y": 5, "z": []}
    livepatch.undo()
    assert m.model_dump() == {"x": 1}
    assert set(cls.model_fields) == {"x"}


def test_models_that_inherit_or_hold_an_edited_model_follow(project, models):
    n, holder = models.N(x=1), models.Holder(items=[{"x": 1}])
    project.edit("app.py", "x: int", "x: int\n    y: int = 5")
    assert project.refresh().ok
    assert n.y == models.N(x=1).y == 5
    assert holder.items[0].y == 5
    assert models.Holder(items=[{"x": 1, "y": 9}]).items[0].y == 9
    assert models.Outer(holder={"items": [{"x": 1, "y": 8}]}).holder.items[0].y == 8


def test_validators_of_a_pydantic_model_come_change_and_go(project, models):
    validator = """x: int

    @pydantic.field_validator("x")
    @classmethod
    def check(cls, value):
        if value < 0:
            raise ValueError("negative")
        return value"""
    project.edit("app.py", "x: int", validator)
    assert project.refresh().ok
    with pytest.raises(ValueError, match="negative"):
        models.M(x=-1)
    project.edit("app.py", "value < 0", "value < 10")
    assert project.refresh().ok
    with pytest.raises(ValueError, match="negative"):
        models.M(x=5)
    project.write("app.py", MODEL)
    assert project.refresh().ok
    assert models.M(x=-1).x == -1


def test_private_attributes_of_a_pydantic_model_reach_live_instances(project, models):
    m = models.M(x=1)
    project.edit("app.py", "x: int", "x: int\n    _seen: int = 3")
    assert project.refresh().ok
    assert m._seen == models.M(x=1)._seen == 3


def test_a_required_field_of_a_pydantic_model_is_reported(project, models):
    kept = models.M(x=1)
    project.edit("app.py", "x: int", "x: int\n    y: int")
    (note,) = notes(project.refresh(), "old-instances")
    assert note.message.startswith("1 live instances have no y")
    assert kept.x == 1
