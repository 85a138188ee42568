"""The one writer: carries out `Write`s, all of them in one C call, and gives their inverse.

A commit is `deque(map(call, operations), maxlen=0)`: it runs no bytecode between two
operations, so no other thread and no signal handler runs inside (MECHANISMS, A). What could
run Python code in there is kept out: old values stay referenced until after, the collector
is off, classes are written with `type.__setattr__`.
"""

from __future__ import annotations

import gc
import operator
import warnings
from collections import deque
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import replace
from functools import partial
from types import CodeType, FunctionType
from typing import Any

from livepatch import interp
from livepatch.model import MISSING, FunctionState, Write, WriteKind
from livepatch.runtime import inplace, members, sharing, versions

Operation = Callable[[], object]
KIND_FLAGS = 0x20 | 0x80 | 0x200  # generator, coroutine, asynchronous generator
Key = tuple[WriteKind, int, object]


def commit(writes: Sequence[Write], inverse: list[Write] | None = None) -> list[Write]:
    """Carry out `writes` in order, unseen in the middle; give what takes them back, in order.

    `inverse` is that, where the caller knows it already.

    Raises what an operation raises (a class whose layout forbids the change), after taking
    back all that was done.
    """
    writes = sharing.named(writes)
    if inverse is None:
        inverse = inverse_of(writes)
    # There are thousands of these where there is one, and nobody minds when their turn comes.
    lines = [write for write in writes if write.kind is WriteKind.FIRST_LINE]
    operations = inplace.first_line_operations(lines) if lines else []
    planned: dict[Key, object] = {}
    for write in _each_deletion_once(writes):
        if write.kind is not WriteKind.FIRST_LINE:
            key = (write.kind, id(write.target), write.name)
            operations.extend(_operations(write, planned.get(key, MISSING)))
            planned[key] = write.value
    try:
        _run(operations, changes_kind=any(map(_changes_kind, writes)))
    except BaseException:
        take_back(inverse)
        raise
    return inverse


def _each_deletion_once(writes: Sequence[Write]) -> Iterator[Write]:
    """Leave out deletions of what an earlier write of the same commit has deleted."""
    gone: set[Key] = set()
    for write in writes:
        if write.value is MISSING:
            key = (write.kind, id(write.target), write.name)
            if key in gone:
                continue
            gone.add(key)
        elif gone:
            gone.discard((write.kind, id(write.target), write.name))
        yield write


def take_back(inverse: Sequence[Write]) -> list[str]:
    """Carry out `inverse` one by one, whatever fails; give a line for each that failed."""
    failed = []
    for write in sharing.named(inverse):
        try:
            _run(_operations(write), changes_kind=_changes_kind(write))
        except Exception as error:  # noqa: BLE001  a rollback goes on to its end
            failed.append(f"{write.name}: {type(error).__name__}: {error}")
    return failed


def inverse_of(
    writes: Sequence[Write],
    look: Callable[[Write, Callable[[Write], object]], object] | None = None,
    planned: dict[Key, object] | None = None,
) -> list[Write]:
    """Give the writes that restore what is there now, newest first.

    `look` says in its own way what is there, given a write and `current`. `planned` holds what
    earlier writes of the same commit will have put there.
    """
    planned = {} if planned is None else planned
    inverse = []
    for write in writes:
        if write.kind is WriteKind.FIRST_LINE:
            inverse.append(_inverse_line(write, planned))
            continue
        if isinstance(write.target, sharing.Sharers):
            if write.target.shape is None:  # else each function has a write of its own
                planned[WriteKind.CODE, id(write.target.code), ""] = write.value
            inverse.append(sharing.taken_back(write))
            continue
        key = (write.kind, id(write.target), write.name)
        if key in planned:
            old = planned[key]
        else:
            old = current(write) if look is None else look(write, current)
        if isinstance(old, FunctionState):
            old = _with_planned_code(old, planned)
        planned[key] = write.value
        if old is MISSING and write.value is MISSING:
            continue  # gone already: there is nothing to restore
        base = write.value if write.kind is WriteKind.TYPE_ATTRIBUTE else MISSING
        inverse.append(Write(write.kind, write.target, write.name, old, base))
    inverse.reverse()
    # What is called looks at the finished state, in both directions.
    inverse.sort(key=lambda write: write.kind is WriteKind.CALL)
    return inverse


def _inverse_line(write: Write, planned: dict[Key, object]) -> Write:
    code: Any = write.target
    key = (WriteKind.FIRST_LINE, id(code), "")
    line = planned.get(key)
    planned[key] = write.value
    return Write(WriteKind.FIRST_LINE, code, "", code.co_firstlineno if line is None else line)


def _with_planned_code(state: FunctionState, planned: dict[Key, object]) -> FunctionState:
    """Give `state` with the code that an earlier write for many puts in place of its own."""
    code = planned.get((WriteKind.CODE, id(state.code), ""))
    if not isinstance(code, CodeType):
        return state
    later = replace(state, code=code, version=versions.version_for(code))
    return _with_planned_code(later, planned)


def current(write: Write) -> object:  # noqa: C901, PLR0911, PLR0912
    """Give the value that `write` is about to replace, or MISSING."""
    target: Any = write.target
    name: Any = write.name
    match write.kind:
        case WriteKind.FIRST_LINE:
            return target.co_firstlineno
        case WriteKind.GLOBAL_NAME:
            return target.co_names[name]
        case WriteKind.FUNCTION:
            return state_of(target)
        case WriteKind.CODE:
            return target.code
        case WriteKind.ITEM:
            return (
                dict(enumerate(target)).get(name, MISSING)
                if type(target) is list
                else (target.get(name, MISSING))
            )
        case WriteKind.MEMBER:
            return members.place_of(target, name)
        case WriteKind.TYPE_ATTRIBUTE:
            if name in SPECIAL_TYPE_ATTRIBUTES:
                return getattr(target, name, MISSING)
            return type.__getattribute__(target, "__dict__").get(name, MISSING)
        case WriteKind.ATTRIBUTE:
            return getattr(target, name, MISSING)
        case WriteKind.INSTANCE_ATTRIBUTE:
            return _instance_attribute(target, name)
        case WriteKind.INSTANCE_CLASS:
            return type(target)
        case WriteKind.CELL:
            try:
                return target.cell_contents
            except ValueError:
                return MISSING
        case WriteKind.CALL:
            return write.value


SPECIAL_TYPE_ATTRIBUTES = frozenset(
    {"__bases__", "__class__", "__name__", "__qualname__", "__abstractmethods__",
     "__type_params__", "__annotate__"}
)  # fmt: skip
"""Attributes of a class that are slots of the type object and not entries of its dict."""


def _instance_attribute(instance: object, name: str) -> object:
    try:
        return object.__getattribute__(instance, "__dict__").get(name, MISSING)
    except AttributeError:
        return getattr(instance, name, MISSING)  # a slot


def state_of(function: FunctionType) -> FunctionState:
    """Give all of `function` that a swap may replace."""
    return FunctionState(
        function.__code__,
        function.__closure__,
        function.__defaults__,
        function.__kwdefaults__,
        versions.version_of(function),
    )


def _version_word(function: FunctionType) -> Any:
    offset = interp.version_offset()
    if offset is None:
        return None
    import ctypes  # noqa: PLC0415  the offset is only known where ctypes is there

    return ctypes.c_uint32.from_address(id(function) + offset)


def _run(operations: Sequence[Operation], *, changes_kind: bool) -> None:
    enabled = gc.isenabled()
    gc.disable()
    try:
        if changes_kind and interp.KIND_CHANGE_WARNS:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Assigning a code object", DeprecationWarning)
                deque(map(operator.call, operations), maxlen=0)
        else:
            deque(map(operator.call, operations), maxlen=0)
    finally:
        if enabled:
            gc.enable()


def _operations(write: Write, before: object = MISSING) -> list[Operation]:  # noqa: C901, PLR0911, PLR0912
    """Give what carries out `write`; `before` is what the same commit will have put there."""
    target: Any = write.target
    name: Any = write.name
    value: Any = write.value
    gone = value is MISSING
    match write.kind:
        case WriteKind.FUNCTION:
            return _function_operations(target, value, before)
        case WriteKind.CODE:
            return inplace.code_operations(target.functions, value)
        case WriteKind.ITEM:
            return [_item_operation(target, name, value)]
        case WriteKind.MEMBER:
            return [members.operation(target, name, value)]
        case WriteKind.TYPE_ATTRIBUTE:
            if gone:
                is_there = before is not MISSING or _has(target, name)
                return [partial(type.__delattr__, target, name)] if is_there else []
            if name == "__annotate__" and value is None:
                return [partial(type.__setattr__, target, "__annotations__", {})]
            return [partial(type.__setattr__, target, name, value)]
        case WriteKind.ATTRIBUTE if name == "__annotate__" and value is None:
            # None alone would leave the annotations that were computed before (3.14).
            return [partial(setattr, target, "__annotations__", {})]
        case WriteKind.ATTRIBUTE:
            return [
                partial(delattr, target, name)
                if gone
                else partial(setattr, target, name, value)
            ]
        case WriteKind.INSTANCE_ATTRIBUTE:
            if gone:
                return [partial(object.__delattr__, target, name)]
            return [partial(object.__setattr__, target, name, value)]
        case WriteKind.INSTANCE_CLASS:
            return [partial(object.__setattr__, target, "__class__", value)]
        case WriteKind.CELL:
            if gone:
                return [partial(delattr, target, "cell_contents")]
            return [partial(setattr, target, "cell_contents", value)]
        case WriteKind.FIRST_LINE:
            return inplace.first_line_operations([write])
        case WriteKind.GLOBAL_NAME:
            return inplace.name_operations(target.co_names, name, value)
        case WriteKind.CALL:
            return [value]


def _has(cls: type, name: str) -> bool:
    return name in type.__getattribute__(cls, "__dict__") or name in SPECIAL_TYPE_ATTRIBUTES


def _item_operation(target: MutableMapping[Any, Any], name: object, value: object) -> Operation:
    if value is MISSING:
        return partial(target.pop, name, None)
    return partial(operator.setitem, target, name, value)


def _function_operations(
    function: FunctionType, state: FunctionState, before: object
) -> list[Operation]:
    operations: list[Operation] = []
    if not isinstance(before, FunctionState):
        defaults, keywords = function.__defaults__, function.__kwdefaults__
        before = FunctionState(function.__code__, function.__closure__, defaults, keywords)
    if state.closure is not before.closure:
        # The setter of __code__ checks the number of cells: the closure comes first.
        set_closure = interp.set_closure()
        operations.append(partial(set_closure, function, state.closure))
    operations.append(partial(setattr, function, "__code__", state.code))
    if state.defaults is not before.defaults:
        operations.append(partial(setattr, function, "__defaults__", state.defaults))
    if state.kwdefaults is not before.kwdefaults:
        operations.append(partial(setattr, function, "__kwdefaults__", state.kwdefaults))
    if state.version > 1:
        word = _version_word(function)
        if word is not None:
            operations.append(partial(setattr, word, "value", state.version))
    return operations


def _changes_kind(write: Write) -> bool:
    if isinstance(write.target, sharing.Sharers):
        code: Any = write.value
        return bool((write.target.code.co_flags ^ code.co_flags) & KIND_FLAGS)
    if write.kind is not WriteKind.FUNCTION:
        return False
    function: Any = write.target
    state: Any = write.value
    return bool((function.__code__.co_flags ^ state.code.co_flags) & KIND_FLAGS)
