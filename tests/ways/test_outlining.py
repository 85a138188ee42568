"""Outlined functions do what the functions do that they were made from."""

import ast
import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livepatch.source import outlining

EVERYTHING = '''
def plain(n):
    """The docstring stays."""
    total = 0
    for i in range(n):
        if i % 2:
            continue
        for j in range(i):
            if j == 3:
                break
            if i == 8:
                return "returned", total, j
            total += j
        else:
            total += 100
        x: int = i
    else:
        total += 1000
    k = 0
    while k < 5:
        k += 1
        if k == 4:
            break
    else:
        total = -1
    try:
        return total, x, k, [q for q in range(3) if q != k], i
    finally:
        del x


def while_else(n):
    while (n := n - 1) > 0:
        if n == 7:
            break
    else:
        return "else", n
    return "broken", n


def generator(n):
    for i in range(n):
        got = yield i
        if got == "stop":
            return "stopped"
        if got == "break":
            break
        try:
            yield from (x * 10 for x in (1, 2))
        except ValueError:
            yield "caught"
    else:
        yield "else"
    return "end"


async def coroutine(n):
    out = []
    for i in range(n):
        await asyncio.sleep(0)
        out.append(i)
        if i == 3:
            break
    async for v in asynchronous(5):
        out.append(v)
    return out


async def asynchronous(n):
    i = 0
    while i < n:
        try:
            got = yield i
        except KeyError:
            got = "thrown"
        if got:
            yield "got", got
        i += 1
        if i == 4:
            return


class Base:
    def items(self):
        return [1]


class Derived(Base):
    def items(self):
        found = []
        for i in range(2):
            found += super().items()
            self.__private = i
            found.append(self.__private)
        return found


def uses_global():
    global SHARED
    for SHARED in range(3):
        SHARED += 10
    return SHARED


def uses_nonlocal():
    c = 0
    def inner():
        nonlocal c
        for i in range(3):
            c += i
    inner()
    for a, (b, *r) in [(1, (2, 3, 4))]:
        fs = [lambda: (a, b, r, c)]
    return fs[0]()


def handlers():
    for i in range(3):
        try:
            if i == 1:
                raise KeyError(i)
        except KeyError as e:
            kept = e.args
            continue
        finally:
            last = i
    return kept, last


def matches(items):
    found = []
    for item in items:
        match item:
            case [first, *_] if first:
                found.append(first)
            case {"k": v, **rest}:
                found.append((v, rest))
            case None:
                break
            case _:
                continue
    return found


def same_heads(n):
    out = []
    for i in range(n):
        out.append(i)
    for i in range(n):
        out.append(-i)
    return out
'''


def both(source):
    """Give the namespaces of `source` as it is, and with every loop outlined."""
    tree = ast.parse(source)
    tree.body = [
        outlining.outlined_unit(unit, lambda _name, _function: lambda _loop: True) or unit
        for unit in tree.body
    ]
    plain, outlined = {"asyncio": asyncio}, {"asyncio": asyncio}
    exec(compile(source, "plain", "exec"), plain)
    exec(compile(tree, "outlined", "exec"), outlined)
    return plain, outlined


PLAIN, OUTLINED = both(EVERYTHING)


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:  # noqa: BLE001  any outcome is compared
        # A variable without a value is an UnboundLocalError of its own function only.
        return NameError if isinstance(error, NameError) else type(error)


def same(run):
    assert run(OUTLINED) == run(PLAIN)
    return run(PLAIN)


@pytest.mark.parametrize("n", [0, 1, 3, 5, 9, 12])
def test_break_continue_else_and_return_do_what_they_did(n):
    same(lambda names: outcome(names["plain"], n))
    same(lambda names: names["while_else"](n))


def test_every_loop_was_outlined():
    for name in ("plain", "generator", "coroutine", "asynchronous", "same_heads"):
        inner = [c.co_name for c in OUTLINED[name].__code__.co_consts if hasattr(c, "co_name")]
        assert any(n.startswith(("for ", "while ", "async for ")) for n in inner), name
    assert OUTLINED["plain"].__doc__ == PLAIN["plain"].__doc__


@pytest.mark.parametrize(
    "sends",
    [["x"] * 9, ["stop"], ["break"], [None, ValueError, None, None], [ValueError], [None] * 14],
)
def test_a_generator_takes_sends_throws_and_returns(sends):
    def run(names):
        generator = names["generator"](3)
        out = [next(generator)]
        for sent in sends:
            try:
                is_error = isinstance(sent, type)
                out.append(generator.throw(sent()) if is_error else generator.send(sent))
            except StopIteration as end:
                return [*out, "returned", end.value]
            except Exception as error:  # noqa: BLE001  any outcome is compared
                return [*out, type(error)]
        generator.close()
        return out

    same(run)


def test_a_coroutine_awaits_in_its_loops():
    same(lambda names: asyncio.run(names["coroutine"](6)))


@pytest.mark.parametrize("sends", [[None] * 6, [None, "hi", None, None], [KeyError, None]])
def test_an_asynchronous_generator_takes_sends_and_throws(sends):
    async def drive(names):
        generator = names["asynchronous"](6)
        out = [await generator.asend(None)]
        for sent in sends:
            try:
                if isinstance(sent, type):
                    out.append(await generator.athrow(sent()))
                else:
                    out.append(await generator.asend(sent))
            except StopAsyncIteration:
                return [*out, "end"]
        await generator.aclose()
        return out

    same(lambda names: asyncio.run(drive(names)))


def test_scopes_are_those_of_the_function():
    same(lambda names: names["Derived"]().items())
    same(lambda names: (names["uses_global"](), names["SHARED"]))
    same(lambda names: names["uses_nonlocal"]())
    same(lambda names: names["handlers"]())
    items = [[1], {"k": 2, "z": 3}, 7, [0], None, [5]]
    same(lambda names: names["matches"](items))
    same(lambda names: names["same_heads"](3))


def test_a_function_without_a_chosen_loop_stays_as_it_is():
    unit = ast.parse("def f():\n    for i in x: pass").body[0]
    assert outlining.outlined_unit(unit, lambda _name, _function: lambda _loop: False) is None
    assert outlining.outlined_unit(unit, lambda _name, _function: None) is None


def indent(lines):
    return ["    " + line for line in lines]


@st.composite
def statements(draw, depth=0, *, looped=False):  # noqa: C901
    """Give the lines of a block over the variables a, b and c."""
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        kinds = ["assign", "assign", "if", "return"]
        if depth < 3:
            kinds += ["for", "while", "try"]
        if looped:
            kinds += ["break", "continue"]
        kind = draw(st.sampled_from(kinds))
        inner = st.shared(st.none()) if depth >= 3 else statements(depth + 1, looped=looped)
        one, two = draw(st.sampled_from("abc")), draw(st.sampled_from("abc"))
        number = draw(st.integers(0, 4))
        if kind == "assign":
            lines += [f"{one} = ({two} * 3 + {number}) % 7", f"log.append(({number}, a, b, c))"]
        elif kind == "return":
            lines += [f"if {one} == {number}:", f"    return {two}"]
        elif kind in {"break", "continue"}:
            lines += [f"if {one} > {number}:", f"    {kind}"]
        elif kind == "if":
            body = draw(inner) if depth < 3 else ["pass"]
            lines += [f"if {one} % 2:", *indent(body)]
        elif kind == "try":
            lines += ["try:", *indent(draw(inner)), "finally:", f"    log.append('f{number}')"]
        else:
            body = draw(statements(depth + 1, looped=True))
            head = f"for {one} in range({number}):"
            guard = []
            if kind == "while":
                head = f"while {one} < {number} and tick():"
                guard = [f"{one} += 1"]
            lines += [head, *indent([*guard, *body])]
            if draw(st.booleans()):
                lines += ["else:", f"    log.append('else{number}')"]
    return lines


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(statements())
def test_any_nest_of_loops_runs_as_it_did(lines):
    body = indent(["a, b, c, n = 1, 2, 3, [0]", *TICK, *lines, "return 'end', a, b, c"])
    plain, outlined = both("\n".join(["def f(log):", *body]))
    logs = [], []
    results = [
        outcome(names["f"], log) for names, log in zip((plain, outlined), logs, strict=True)
    ]
    assert results[0] == results[1]
    assert logs[0] == logs[1]


TICK = ["def tick():", "    n[0] += 1", "    return n[0] < 40"]
