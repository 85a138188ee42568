"""What statements bind, read and annotate, compared with what the interpreter does."""

import ast
import sys

import pytest

from livepatch.source import scopes

STATEMENTS = (
    "a = b = 1", "a, (b, *c) = 1, (2, 3)", "a: int = 1", "import os.path", "import os.path as p",
    "from os import path, sep as s", "def f(): x = 1", "class C: x = 1",
    "for i in range(2): j = i", "with open('/dev/null') as f: pass",
    "try:\n 1/0\nexcept ZeroDivisionError as e:\n g = 1", "if (w := 1): pass",
    "[y for y in range(3)]", "[(z := y) for y in range(3)]", "match {'k': 1, 'm': 2}:\n case {'k': v, **rest}: pass",
    "match [1, 2]:\n case [h, *t] as whole: pass", "x = lambda: (q := 1)", "async def k(): pass",
    "a = 1\ndel a", "while True:\n n = 1\n break",
)  # fmt: skip


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_statement_binds_at_most_what_is_said_and_all_that_stays(text):
    tree = ast.parse(text)
    said = frozenset().union(*(scopes.bound_names(node) for node in tree.body))
    namespace = {}
    exec(text, namespace)
    assert namespace.keys() - {"__builtins__", "__annotations__", "__annotate__",
                               "__conditional_annotations__"} <= said  # fmt: skip
    assert "x" not in said or "x" in namespace


def test_private_names_carry_their_class_without_its_leading_underscores():
    assert scopes.mangled("__x", "__C") == "_C__x"
    assert scopes.mangled("__x__", "C") == "__x__"
    assert scopes.mangled("__x", "___") == "__x"
    assert scopes.mangled("x", "C") == "x"


def test_a_def_reads_its_decorators_defaults_and_annotations_but_not_its_body():
    node = ast.parse("@a\ndef f(x: b = c) -> d:\n    return e").body[0]
    assert scopes.names_evaluated(node) >= {"a", "c"}
    assert "e" not in scopes.names_evaluated(node)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="__static_attributes__ came with 3.13")
def test_static_attributes_are_those_that_the_compiler_finds():
    text = """
class C:
    def f(self):
        self.a = 1; self.b += 1; self.c: int = 2; self.d: int; del self.e
        for self.g in (): pass
        (self.i, [self.j, *self.k]) = 1, (2, 3)
        self.l.m = 3
        class D:
            def q(self): self.z = 1
        def inner(self): self.n = 1
    @staticmethod
    def g(x): x.y = 1; x.self.w = 2
"""
    namespace = {}
    exec(text, namespace)
    found = scopes.static_attributes(ast.parse(text).body[0])
    assert found == set(namespace["C"].__static_attributes__)
