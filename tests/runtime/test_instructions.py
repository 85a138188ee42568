"""The names that instructions work on, as `dis` tells them."""

import argparse
import ast
import dis
import enum
from pathlib import Path
from types import CodeType

import pytest

from livepatch.runtime import instructions

GLOBALS = ("LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME", "IMPORT_FROM")


def all_code(code):
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from all_code(const)


def as_dis_tells(code, kind):
    return {step.argval for step in dis.get_instructions(code) if step.opname == kind}


def as_read(code, *kinds):
    return instructions.names_in(code, instructions.opcodes(kinds))


@pytest.mark.parametrize("module", [argparse, ast, enum], ids=lambda module: module.__name__)
def test_names_are_those_that_dis_tells(module):
    text = Path(module.__file__).read_text(encoding="utf-8")
    root = compile(text, module.__file__, "exec")
    for code in all_code(root):
        for kind in GLOBALS:
            assert as_read(code, kind) == as_dis_tells(code, kind)


def test_names_beyond_the_first_hundreds_are_told():
    text = "def f():\n" + "".join(f"    name{n}()\n" for n in range(1000))
    code = compile(text, "many.py", "exec").co_consts[0]
    assert as_read(code, "LOAD_GLOBAL") == {f"name{n}" for n in range(1000)}


def test_names_are_told_while_the_function_runs_specialised():
    def of_itself():
        return len(GLOBALS), as_read(of_itself.__code__, "LOAD_GLOBAL")

    for _ in range(100):
        assert of_itself()[1] == {"len", "GLOBALS", "as_read"}


def test_an_instruction_that_this_interpreter_does_not_have_is_left_out():
    assert instructions.opcodes({"LOAD_GLOBAL", "NO_SUCH_THING"}) == {dis.opmap["LOAD_GLOBAL"]}
