"""What a caller names, to the definition in a tracked file; an exception says why there is none."""

from __future__ import annotations

import functools
import sys
import types
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from livepatch.errors import (
    BuiltinTargetError,
    FrozenModuleError,
    NoSourceError,
    TargetTypeError,
    UnknownTargetError,
)  # fmt: skip
from livepatch.patching.registry import Registry
from livepatch.runtime import lookup

BUILTINS = (
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)
CO_NEWLOCALS = 0x2
HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made by a class statement or by type()


@dataclass(frozen=True, slots=True)
class Target:
    """A module, or a function or class in one.

    `qualname` is empty for the module itself. `line` is the first line of a function's code,
    0 where it is not known; `file` is the name that the code carries.
    """

    module: ModuleType
    qualname: str
    line: int
    title: str
    file: str

    @property
    def definition(self) -> str:
        """The module-level or class-level definition that holds the target."""
        return self.qualname.partition(".<locals>")[0]


def find_target(named: object, registry: Registry) -> Target:
    """Give the definition that `named` stands for; raise a `TargetError` where there is none."""
    if isinstance(named, str):
        named = _by_name(named)
    if isinstance(named, ModuleType):
        _check_module(named, named.__name__)
        return Target(named, "", 0, named.__name__, _file_of(named))
    if isinstance(named, type):
        return _of_class(named)
    function = function_of(named)
    if function is not None:
        return _of_function(function, registry)
    title = getattr(named, "__qualname__", None) or repr(named)[:80]
    if isinstance(named, BUILTINS):
        raise _builtin(title)
    advice = (
        "give a function, method, class or module, or a name such as 'shop.cart:Cart.total'"
    )
    reason = f"{type(named).__name__} is not something that livepatch patches"
    raise TargetTypeError(title, reason, advice)


def function_of(named: object) -> FunctionType | None:
    """Give the function at the bottom of a method, property, partial or decorated function."""
    found: Any = named
    for _ in range(lookup.DEPTH * 2):
        match found:
            case types.MethodType() | staticmethod() | classmethod():
                found = found.__func__
            case property():
                found = found.fget or found.fset or found.fdel
            case functools.partial() | functools.partialmethod() | functools.cached_property():
                found = found.func
            case functools.singledispatchmethod():
                found = found.func
            case _:
                below = _wrapped_by(found)
                if below is None:
                    return found if type(found) is FunctionType else None
                found = below
    return None


def _wrapped_by(found: object) -> object:
    try:
        return vars(found).get("__wrapped__")
    except TypeError:
        return getattr(found, "__wrapped__", None)


def _by_name(name: str) -> object:
    module_name, colon, path = name.partition(":")
    if not colon:
        parts = name.split(".")
        for count in range(len(parts), 0, -1):
            module_name, path = ".".join(parts[:count]), ".".join(parts[count:])
            if module_name in sys.modules:
                break
    found: Any = sys.modules.get(module_name)
    if not isinstance(found, ModuleType):
        reason = f"no module {module_name!r} is imported"
        raise UnknownTargetError(name, reason, "import it first, or mend the name")
    for part in path.split(".") if path else ():
        try:
            found = vars(found)[part] if isinstance(found, type) else getattr(found, part)
        except (AttributeError, KeyError):
            where = getattr(found, "__qualname__", None) or found.__name__
            advice = "mend the name; it is module:function or module:Class.method"
            raise UnknownTargetError(name, f"{where} has no {part!r}", advice) from None
    return found


def _of_class(cls: type) -> Target:
    if not cls.__flags__ & HEAP_TYPE or any(_is_slot_of(cls, v) for v in vars(cls).values()):
        raise _builtin(cls.__qualname__)
    title = f"{cls.__module__}.{cls.__qualname__}"
    module = sys.modules.get(cls.__module__)
    if module is None:
        reason = f"its module {cls.__module__!r} is not imported"
        raise NoSourceError(title, reason, "import the module, or patch its functions")
    _check_module(module, title)
    line = vars(cls).get("__firstlineno__", 0)
    return Target(module, cls.__qualname__, line, title, _file_of(module))


def _is_slot_of(cls: type, value: object) -> bool:
    """Tell whether `value` is a method that C gave `cls`; a class statement makes none."""
    slots = (types.WrapperDescriptorType, types.MethodDescriptorType)
    return isinstance(value, slots) and value.__objclass__ is cls


def _of_function(function: FunctionType, registry: Registry) -> Target:
    code = function.__code__
    namespace = function.__globals__
    title = f"{namespace.get('__name__', '?')}.{code.co_qualname}"
    module = _module_of(namespace, registry)
    if module is None:
        reason = f"it was made in a namespace that is no module ({code.co_filename})"
        raise NoSourceError(title, reason, "put it into a file and import that")
    _check_module(module, title)
    return Target(module, code.co_qualname, code.co_firstlineno, title, code.co_filename)


def _check_module(module: ModuleType, title: str) -> None:
    spec = getattr(module, "__spec__", None)
    if getattr(spec, "origin", None) == "frozen":
        reason = f"the module {module.__name__!r} is frozen into the interpreter"
        raise FrozenModuleError(title, reason, "start python with -X frozen_modules=off")
    if getattr(spec, "origin", None) == "built-in" or _is_extension(module):
        raise _builtin(title)


def _is_extension(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and file.endswith((".so", ".pyd", ".dll"))


def _file_of(module: ModuleType) -> str:
    file = getattr(module, "__file__", None)
    return file if isinstance(file, str) else ""


def _builtin(title: str) -> BuiltinTargetError:
    reason = "it is made in C and has no Python code"
    return BuiltinTargetError(title, reason, "wrap it in a Python function and patch that")


def find_decorated(named: object, frame: FrameType, registry: Registry) -> Target:
    """Give the definition that stands under a decorator at work in `frame`.

    It is told by its place: a function of this file and scope that begins at or above the line
    of the decorator. Called in any other way, `named` itself decides.
    """
    scope = (
        None if frame.f_code.co_flags & CO_NEWLOCALS else frame.f_locals.get("__qualname__", "")
    )
    if not isinstance(scope, str) or isinstance(named, type | ModuleType | str):
        return find_target(named, registry)
    found = [
        function
        for function in lookup.functions_in(named, lambda _code: True)
        if function.__globals__ is frame.f_globals
        and function.__code__.co_filename == frame.f_code.co_filename
        and function.__code__.co_qualname.rpartition(".")[0] == scope
        and function.__code__.co_firstlineno <= (frame.f_lineno or 0)
    ]
    if not found:
        return find_target(named, registry)
    return _of_function(max(found, key=lambda f: f.__code__.co_firstlineno), registry)


def find_running(frame: FrameType, registry: Registry) -> Target:
    """Give the function, or the module, whose code `frame` executes."""
    module = _module_of(frame.f_globals, registry)
    code = frame.f_code
    if module is None:
        reason = "it runs in a namespace that is no module"
        raise NoSourceError(code.co_qualname, reason, "put it into a file and import that")
    inside = code.co_flags & CO_NEWLOCALS
    qualname = code.co_qualname if inside else ""
    line = code.co_firstlineno if inside else 0
    return Target(module, qualname, line, code.co_qualname, code.co_filename)


def _module_of(namespace: dict[str, Any], registry: Registry) -> ModuleType | None:
    module = sys.modules.get(str(namespace.get("__name__")))
    if module is not None and vars(module) is namespace:
        return module
    hosted = (m for tracked in registry for m in tracked.modules if vars(m) is namespace)
    return next(hosted, None)


def functions_of(found: Target, named: object) -> list[FunctionType]:
    """Give the functions that a target stands for: itself, or all that its class body made."""

    def accept(code: CodeType) -> bool:
        inside = code.co_qualname.startswith(f"{found.qualname}.") or not found.qualname
        return "<locals>" not in code.co_qualname and (
            inside or code.co_qualname == found.qualname
        )

    if isinstance(named, type):
        made = lookup.class_functions(named, accept, set())
    elif isinstance(named, ModuleType):
        made = lookup.local_functions(named, accept)
    else:
        made = iter(lookup.functions_in(named, accept))
    return [function for function in made if function.__globals__ is vars(found.module)]
