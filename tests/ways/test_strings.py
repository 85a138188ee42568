"""livepatch.patch and livepatch.patched: definitions that come from strings."""

import functools
import os
import sys

import pytest

import livepatch
from livepatch import errors

CART = '''
    """A shop."""
    RATE = 20

    def gross(net, seen=[]):
        seen.append(net)
        return net * (100 + RATE) / 100  # in percent


    class Cart:
        lines = ()

        def total(self):
            return sum(self.lines)

        @property
        def label(self):
            return "old"

        @label.setter
        def label(self, value):
            self.stored = value

        class Line:
            def price(self):
                return 1

    def outer(step):
        def inner(x):
            return x + step
        return inner

    double = lambda x: x * 2
'''


@pytest.fixture
def shop(project):
    """Give the module of the shop, freshly imported."""
    return project.start("shop_strings", CART)


def test_a_function_is_what_the_string_says_and_keeps_its_defaults_and_identity(shop):
    held, seen = shop.gross, shop.gross.__defaults__[0]
    patch = livepatch.patch(shop.gross, "def gross(net, seen=[]):\n    return -net\n")
    assert patch.ok
    assert [change.qualname for change in patch.changes] == ["gross"]
    assert held is shop.gross
    assert held(5) == -5
    assert held.__defaults__[0] is seen


def test_a_bound_method_may_be_the_target_and_all_instances_follow(shop):
    cart = shop.Cart()
    bound = cart.total
    livepatch.patch(bound, "def total(self):\n    return 'patched'")
    assert bound() == shop.Cart().total() == "patched"


def test_a_name_may_be_the_target(shop):
    livepatch.patch("shop_strings:Cart.Line.price", "def price(self):\n    return 2")
    assert shop.Cart.Line().price() == 2
    livepatch.patch("shop_strings.gross", "def gross(net): return 'dotted'")
    assert shop.gross(1) == "dotted"


def test_the_role_of_the_source_tells_a_getter_from_a_setter(shop):
    cart = shop.Cart()
    livepatch.patch(shop.Cart.label, "@property\ndef label(self):\n    return 'new'")
    assert cart.label == "new"
    livepatch.patch(
        shop.Cart.label, "@label.setter\ndef label(self, value):\n    self.stored = [value]"
    )
    cart.label = 1
    assert cart.stored == [1]
    assert cart.label == "new"


def test_a_live_closure_follows_a_patch_of_the_inner_function(shop):
    add = shop.outer(10)
    livepatch.patch(add, "def inner(x):\n    return x - step")
    assert add(1) == -9
    assert shop.outer(1)(1) == 0


def test_a_class_and_a_lambda_and_a_module_may_be_patched(shop):
    cart = shop.Cart()
    livepatch.patch(shop.Cart, "class Cart:\n    def total(self):\n        return 7")
    assert cart.total() == 7
    assert not hasattr(shop.Cart, "label")
    livepatch.patch(shop.double, "double = lambda x: x * 3")
    assert shop.double(2) == 6
    livepatch.patch(shop, "def gross(net):\n    return 'whole'\n")
    assert shop.gross(1) == "whole"
    assert not hasattr(shop, "Cart")


def test_what_stands_inside_strings_is_never_indented(shop):
    source = 'def total(self):\n    return """a\n  b\n"""'
    livepatch.patch(shop.Cart.total, source)
    assert shop.Cart().total() == "a\n  b\n"


def test_an_indented_source_is_taken_as_it_is_meant(shop):
    livepatch.patch(
        shop.gross,
        """
        def gross(net):
            if net:
                return 'indented'
        """,
    )
    assert shop.gross(1) == "indented"


def test_a_decorated_function_is_found_below_its_wrappers(project):
    shop = project.start(
        "deco_strings",
        """
        import functools
        def twice(f):
            @functools.wraps(f)
            def wrapper(*a):
                return 2 * f(*a)
            return wrapper
        @twice
        def f(x):
            return x
        """,
    )
    held = shop.f
    livepatch.patch(shop.f, "@twice\ndef f(x):\n    return x + 1")
    assert held(1) == 4


def test_undo_of_the_newest_patch_puts_everything_back(shop):
    patch = livepatch.patch(shop.gross, "def gross(net):\n    return 0")
    assert patch.undo().ok
    assert shop.gross(100) == 120
    assert patch.undo() == livepatch.Patch(0, livepatch.PatchKind.UNDO)


def test_undo_of_an_older_patch_leaves_the_later_ones(shop):
    older = livepatch.patch(shop.gross, "def gross(net):\n    return 0")
    livepatch.patch(shop.Cart.total, "def total(self):\n    return 'later'")
    older.undo()
    assert shop.gross(100) == 120
    assert shop.Cart().total() == "later"


def test_undo_refuses_where_a_later_patch_changed_the_same_function(shop):
    older = livepatch.patch(shop.gross, "def gross(net):\n    return 1")
    livepatch.patch(shop.gross, "def gross(net):\n    return 2")
    with pytest.raises(errors.OutOfSyncError, match="nothing was undone"):
        older.undo()
    assert shop.gross(1) == 2


def test_a_patch_is_in_the_history_and_can_be_undone_like_any_other(shop):
    patch = livepatch.patch(shop.gross, "def gross(net):\n    return 1")
    assert livepatch.history()[-1] == patch
    assert livepatch.history()[-1].kind is livepatch.PatchKind.STRING
    livepatch.undo()
    assert shop.gross(100) == 120


def test_patched_holds_for_the_block_alone_also_when_it_raises(shop):
    with pytest.raises(ZeroDivisionError):  # noqa: SIM117
        with livepatch.patched(shop.gross, "def gross(net):\n    return net // 0"):
            shop.gross(1)
    assert shop.gross(100) == 120


def test_patched_raises_where_the_program_itself_refuses(shop):
    source = "def gross(net=UNKNOWN):\n    return 1"
    patch = livepatch.patch(shop.gross, source)
    assert not patch.ok
    assert "UNKNOWN" in patch.errors[0].message
    with pytest.raises(errors.PatchRefusedError, match="UNKNOWN"):  # noqa: SIM117
        with livepatch.patched(shop.gross, source):
            pytest.fail("the block ran")
    assert shop.gross(100) == 120


def test_a_refresh_does_not_take_a_string_patch_back(project, shop):
    livepatch.patch(shop.gross, "def gross(net):\n    return 'string'")
    project.refresh()
    assert shop.gross(1) == "string"
    project.edit("shop_strings.py", '"old"', '"edited"')
    project.refresh()
    assert shop.Cart().label == "edited"


def test_save_changes_the_lines_of_the_definition_and_no_other_byte(project, shop):
    before = project.path("shop_strings.py").read_text()
    patch = livepatch.patch(shop.Cart.total, "def total(self):\n\n    return 42\n")
    path = patch.save()
    after = before.replace("        return sum(self.lines)", "\n        return 42")
    assert project.path("shop_strings.py").read_text() == after
    assert path == os.path.realpath(project.path("shop_strings.py"))
    assert not project.refresh()
    assert shop.Cart().total() == 42


@pytest.mark.parametrize(
    ("head", "encoding", "newline"),
    [
        ("", "utf-8-sig", "\n"),
        ("# -*- coding: latin-1 -*-", "latin-1", "\r\n"),
        ("", "utf-8", "\r"),
    ],
)
def test_save_keeps_encoding_byte_order_mark_and_newlines(project, head, encoding, newline):
    text = f"{head}\nNAME = 'caf\xe9'\ndef f():\n    return 1 # \xe9\nX = 1"
    data = text.replace("\n", newline).encode(encoding)
    project.write("coded_strings.py", data)
    module = project.load("coded_strings")
    livepatch.patch(module.f, "def f():\n    return '\xe8'").save()
    expected = text.replace("return 1 # \xe9", "return '\xe8'").replace("\n", newline)
    assert project.path("coded_strings.py").read_bytes() == expected.encode(encoding)
    assert module.f() == "\xe8"


def test_a_character_that_the_file_cannot_hold_is_an_error_and_changes_nothing(project):
    project.write("ascii_strings.py", b"# coding: latin-1\ndef f():\n    return 1\n")
    module = project.load("ascii_strings")
    with pytest.raises(errors.SourceError, match="iso-8859-1"):
        livepatch.patch(module.f, "def f():\n    return '\u20ac'")
    assert module.f() == 1


def test_save_refuses_when_the_file_has_changed_meanwhile(project, shop):
    patch = livepatch.patch(shop.gross, "def gross(net):\n    return 1")
    project.edit("shop_strings.py", "RATE = 20", "RATE = 30")
    before = project.path("shop_strings.py").read_bytes()
    with pytest.raises(errors.OutOfSyncError, match="changed meanwhile"):
        patch.save()
    assert project.path("shop_strings.py").read_bytes() == before


def test_save_refuses_what_does_not_run_any_more(project, shop):
    patch = livepatch.patch(shop.gross, "def gross(net):\n    return 1")
    patch.undo()
    before = project.path("shop_strings.py").read_bytes()
    with pytest.raises(errors.OutOfSyncError):
        patch.save()
    assert project.path("shop_strings.py").read_bytes() == before


def test_two_patches_of_one_file_are_saved_one_by_one(project, shop):
    first = livepatch.patch(
        shop.gross, "def gross(net):\n    a = 1\n    b = 2\n    return a + b"
    )
    second = livepatch.patch(shop.Cart.total, "def total(self):\n    return 5")
    second.save()
    text = project.path("shop_strings.py").read_text()
    assert "return 5" in text
    assert "a = 1" not in text
    first.save()
    assert "    b = 2\n    return a + b\n" in project.path("shop_strings.py").read_text()
    assert not project.refresh()


def test_save_keeps_the_mode_of_the_file(project, shop):
    project.path("shop_strings.py").chmod(0o640)
    livepatch.patch(shop.gross, "def gross(net):\n    return 1").save()
    assert project.path("shop_strings.py").stat().st_mode & 0o777 == 0o640


@pytest.mark.usefixtures("shop")
def test_a_patch_of_files_cannot_be_saved(project):
    project.edit("shop_strings.py", '"old"', '"edited"')
    with pytest.raises(livepatch.UsageError, match=r"livepatch\.patch"):
        project.refresh().save()


def test_a_module_that_is_not_tracked_is_tracked_then(project):
    project.write("late_strings.py", "def f():\n    return 1\n")
    import late_strings

    livepatch.patch(late_strings.f, "def f():\n    return 2").save()
    assert late_strings.f() == 2


@pytest.mark.parametrize(
    ("target", "source", "error"),
    [
        (3, "x = 3", errors.TargetTypeError),
        ([len], "", errors.TargetTypeError),
        ("no_such_module:f", "", errors.UnknownTargetError),
        ("shop_strings:nothing", "", errors.UnknownTargetError),
        ("shop_strings:Cart.nothing", "", errors.UnknownTargetError),
        (len, "def len(x): pass", errors.BuiltinTargetError),
        ("".join, "def join(): pass", errors.BuiltinTargetError),
        (dict, "class dict: pass", errors.BuiltinTargetError),
        (sys, "x = 1", errors.BuiltinTargetError),
        (functools.partial, "class partial: pass", errors.BuiltinTargetError),
        ("shop_strings:gross", "def other(): pass", errors.SourceMismatchError),
        ("shop_strings:gross", "class gross: pass", errors.SourceMismatchError),
        ("shop_strings:gross", "x = 1", errors.SourceMismatchError),
        ("shop_strings:gross", "", errors.SourceMismatchError),
        ("shop_strings:gross", "def gross(): pass\ny = 1", errors.SourceMismatchError),
        ("shop_strings:Cart", "def Cart(): pass", errors.SourceMismatchError),
        (
            "shop_strings:Cart.total",
            "@property\ndef label(self): pass",
            errors.SourceMismatchError,
        ),
        ("shop_strings:gross", "def gross(:", errors.SourceError),
        ("shop_strings", "def gross(:", errors.SourceError),
    ],
    ids=repr,
)
def test_each_mistake_has_an_error_that_names_the_target(shop, target, source, error):
    with pytest.raises(error) as caught:
        livepatch.patch(target, source)
    assert isinstance(caught.value, livepatch.LivepatchError)
    if isinstance(caught.value, errors.TargetError):
        assert caught.value.target in str(caught.value)
        assert caught.value.reason
        assert caught.value.advice
    assert shop.gross(100) == 120


@pytest.mark.skipif(
    getattr(os.__spec__, "origin", "") != "frozen", reason="the standard library is not frozen"
)
def test_a_frozen_module_is_an_error_that_says_how_to_thaw_it():
    with pytest.raises(errors.FrozenModuleError, match="frozen_modules=off"):
        livepatch.patch(os.getenv, "def getenv(key, default=None): pass")


def test_code_without_a_file_is_an_error():
    namespace = {"__name__": "no_module_at_all"}
    exec("def f(): pass", namespace)
    with pytest.raises(errors.NoSourceError):
        livepatch.patch(namespace["f"], "def f(): return 1")


def test_a_syntax_error_has_its_line_and_caret(shop):
    with pytest.raises(errors.SourceError) as caught:
        livepatch.patch(shop.gross, "def gross(net):\n    return (net")
    assert caught.value.line == 2
    assert caught.value.column
    assert "return (net" in caught.value.line_text
