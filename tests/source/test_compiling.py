"""Code objects lifted out of their context are those that the whole file would give."""

import pytest

from livepatch.errors import SourceError
from livepatch.source import compiling
from livepatch.source.outline import walk
from livepatch.source.regions import outline_of

TEXT = '''
import functools

def plain(a, b=1):
    """Doc."""
    return [a for _ in range(b)]

class C:
    __hidden = 1

    @functools.cache
    def m(self):
        return self.__hidden, super().__init__

    class D:
        def n(self):
            def inner():
                return self
            return inner

    @property
    def p(self):
        return 1

    @p.setter
    def p(self, value):
        self.q = value

if plain:
    def branch():
        return 1
else:
    def branch():
        return 2

key = lambda x: x + 1
'''


def functions():
    units = outline_of(TEXT, "app.py")
    return [
        (unit, definition)
        for unit in units
        for definition in walk([unit])
        if definition.kind.value == "function"
    ]


def test_every_function_is_lifted_with_the_code_of_the_whole_file():
    whole = compiling.codes_by_place(compile(TEXT, "app.py", "exec", dont_inherit=True))
    found = functions()
    assert len(found) == 8
    for unit, definition in found:
        compiled = compiling.compile_statements([unit.node], "app.py", 0)
        code = compiling.lift(compiling.codes_by_place(compiled), definition)
        assert code is not None, definition.qualname
        assert code in whole[code.co_qualname, code.co_firstlineno]
        assert list(code.co_positions()) == list(
            next(
                c for c in whole[code.co_qualname, code.co_firstlineno] if c == code
            ).co_positions()
        )


def test_what_the_compiler_refuses_names_file_and_line():
    unit = outline_of("x = 1\n\n\ndef f():\n    nonlocal y\n", "app.py")[-1]
    with pytest.raises(SourceError) as caught:
        compiling.compile_statements([unit.node], "app.py", 0)
    assert (caught.value.file, caught.value.line) == ("app.py", 5)


def test_inner_functions_are_paired_by_name_then_the_lone_pair_left():
    old = compile("def f():\n def a(): 1\n def b(): 2\n", "x", "exec").co_consts[0]
    new = compile("def f():\n def c(): 2\n def a(): 3\n", "x", "exec").co_consts[0]
    names = {(o.co_name, n.co_name) for o, n in compiling.pair_codes(old, new)}
    assert names == {("a", "a"), ("b", "c")}
