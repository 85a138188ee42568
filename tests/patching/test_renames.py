"""What only changed its name stays the object it is."""

import typing

import livepatch

TEXT = """
class Old:
    __count = 0
    __slots__ = ("__dict__", "__spare")

    def __init__(self, x):
        self.__x = x
        self.__spare = -x
        Old.__total = x

    def __double(self):
        return 2 * self.__x

    def show(self):
        return self.__x, self.__double(), self.__spare, self.__count, self.__total


class Child(Old):
    def __init__(self, x):
        super().__init__(x)
        self.__y = "child"

    def mine(self):
        return self.__y
"""


def test_instances_of_a_renamed_class_keep_their_private_attributes(project):
    app = project.start("app", TEXT)
    cls, old, child = app.Old, app.Old(1), app.Child(2)
    project.write("app.py", TEXT.replace("Old", "New"))
    assert project.refresh().ok
    assert app.New is cls
    assert old.show() == (1, 2, -1, 0, 2)
    assert child.show() == (2, 4, -2, 0, 2)
    assert child.mine() == "child"
    assert set(vars(old)) == {"_New__x"}
    assert not [name for name in vars(cls) if name.startswith("_Old")]
    assert app.New(5).show() == (5, 10, -5, 0, 5)


def test_private_accessors_of_a_renamed_class_know_its_name(project):
    text = """
        class Old:
            def __init__(self):
                self.n = 1
            @property
            def __level(self):
                return self.n
            @__level.setter
            def __level(self, value):
                self.n = value + 10
            def lift(self):
                self.__level = 2
                return self.__level
        """
    app = project.start("app", text)
    old, before = app.Old(), app.Old._Old__level
    project.write("app.py", text.replace("Old", "New"))
    assert project.refresh().ok
    level = app.New._New__level
    assert level is before
    assert [level.fget.__qualname__, level.fset.__qualname__] == ["New.__level"] * 2
    assert old.lift() == 12
    assert not hasattr(app.New, "_Old__level")
    assert livepatch.undo().ok
    assert level.fget.__qualname__ == level.fset.__qualname__ == "Old.__level"
    assert app.Old._Old__level is level
    assert old.lift() == 12
    assert not hasattr(app.Old, "_New__level")


def test_an_undo_gives_private_names_back(project):
    app = project.start("app", TEXT)
    old = app.Old(1)
    project.write("app.py", TEXT.replace("Old", "New"))
    project.refresh()
    livepatch.undo()
    assert old.show() == (1, 2, -1, 0, 1)
    assert set(vars(old)) == {"_Old__x"}


DESCRIBED = """
import functools


class Kept:
    __slots__ = ("name",)

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        return self if instance is None else instance.__dict__[self.name]

    def __set__(self, instance, value):
        instance.__dict__[self.name] = value


class Old:
    __field = Kept()

    def __init__(self, x):
        self.__field = x

    @functools.cached_property
    def __secret(self):
        return [self.__field]

    def show(self):
        return self.__field, self.__secret
"""


def test_private_descriptors_of_a_renamed_class_know_their_new_names(project):
    app = project.start("app", DESCRIBED)
    old = app.Old(1)
    secret = old.show()[1]
    project.write("app.py", DESCRIBED.replace("Old", "New"))
    assert project.refresh().ok
    assert old.show() == (1, [1])
    assert old.show()[1] is secret, "what was cached is found"
    assert set(vars(old)) == {"_New__field", "_New__secret"}
    assert vars(app.New)["_New__field"].name == "_New__field"
    assert vars(app.New)["_New__secret"].attrname == "_New__secret"
    livepatch.undo()
    assert old.show() == (1, [1])
    assert set(vars(old)) == {"_Old__field", "_Old__secret"}
    assert vars(app.Old)["_Old__secret"].attrname == "_Old__secret"


def test_a_function_that_calls_itself_is_renamed_with_its_calls(project):
    app = project.start("app", "def f(n):\n    return n and n + f(n - 1)\n")
    f = app.f
    project.write("app.py", "def g(n):\n    return n and n + g(n - 1)\n")
    assert project.refresh().ok
    assert app.g is f
    assert f(3) == 6
    assert not hasattr(app, "f")


def test_annotations_that_name_the_renamed_class_follow(project):
    text = """
    from __future__ import annotations


    class Old:
        def copy(self) -> Old:
            return self
    """
    app = project.start("app", text)
    cls = app.Old
    project.write("app.py", text.replace("Old", "New"))
    assert project.refresh().ok
    assert app.New is cls
    assert typing.get_type_hints(cls.copy) == {"return": cls}


def test_classes_nested_in_a_renamed_one_are_renamed_with_it(project):
    text = """
    class Old:
        class Inner:
            class Deep:
                def m(self, x: int = 1):
                    return x
    """
    app = project.start("app", text)
    inner, deep = app.Old.Inner, app.Old.Inner.Deep()
    project.write("app.py", text.replace("Old", "New"))
    assert project.refresh().ok
    assert app.New.Inner is inner
    assert inner.__qualname__ == "New.Inner"
    assert deep.m.__qualname__ == "New.Inner.Deep.m"
    assert deep.m() == 1


def test_a_renamed_function_is_reported_with_the_name_it_had(project):
    project.start("app", "def f():\n    return 1\n")
    project.write("app.py", "def g():\n    return 1\n")
    (change,) = project.refresh().changes
    assert (change.kind.value, change.qualname, change.detail) == ("renamed", "g", "was f")


PROPERTY = """
    @property
    def {0}(self):
        return 1, self.n

    @{0}.setter
    def {0}(self, value):
        self.n = value
"""


def test_a_property_is_renamed_as_a_whole_or_is_a_new_one(project):
    head = "class C:\n    n = 5\n"
    app = project.start("app", head + PROPERTY.format("go"))
    one = app.C()
    method = "\n    def go(self):\n        return 2\n"
    project.write("app.py", head + method + PROPERTY.format("size"))
    assert project.refresh().ok
    assert (one.go(), one.size) == (2, (1, 5))
    one.size = 6
    assert app.C().size == (1, 5)
    assert one.size == (1, 6)
    project.write("app.py", head + PROPERTY.format("width"))
    assert project.refresh().ok
    assert one.width == (1, 6)
    assert not hasattr(one, "size")
