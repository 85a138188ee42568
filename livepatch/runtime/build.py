"""Code objects to live values: statements executed aside, functions made to order.

A changed statement runs with the module's own globals and a `Staging` mapping as its locals:
what it reads is the program's, what it binds stays unseen until the commit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import CellType, CodeType, FunctionType
from typing import Any

from livepatch.model import MISSING

SKIP = object()
"""What a capturing decorator returns: `Staging` does not bind it."""

IMPLICIT_KINDS: dict[str, Callable[[FunctionType], object]] = {
    "__new__": staticmethod,
    "__init_subclass__": classmethod,
    "__class_getitem__": classmethod,
}
"""What `type` makes of plain functions of these names in the body of a class."""


class Staging(dict[str, Any]):
    """Names bound by statements that were executed aside; `deleted` are those they unbound.

    Names that are not here are looked up in `behind` (a class's namespace) and then, by the
    interpreter, in the globals.
    """

    def __init__(self, behind: Mapping[str, Any] | None = None) -> None:
        """Start with nothing bound."""
        super().__init__()
        self.behind = behind
        self.deleted: set[str] = set()

    def __missing__(self, name: str) -> Any:
        """Look `name` up in the namespace behind."""
        if self.behind is None or name in self.deleted:
            raise KeyError(name)
        return self.behind[name]

    def __setitem__(self, name: str, value: Any) -> None:
        """Bind `name`, unless a capturing decorator took the value away."""
        if value is not SKIP:
            self.deleted.discard(name)
            super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        """Unbind `name` here; the namespace behind loses it in the commit."""
        self.deleted.add(name)
        self.pop(name, MISSING)


def execute(code: CodeType, namespace: dict[str, Any], staging: Staging) -> None:
    """Run module-level `code`; what it binds goes to `staging`."""
    exec(code, namespace, staging)  # noqa: S102  the program's own statement


def execute_class_body(
    code: CodeType,
    namespace: dict[str, Any],
    staging: Staging,
    owner: type,
    parameters: tuple[Any, ...] | None = None,
) -> None:
    """Run the body code of a class; the functions it makes belong to the live class `owner`.

    `parameters` are the type parameters that the class is about to get, if not those it has.
    """
    if parameters is None:
        parameters = owner.__dict__.get("__type_params__", ())
    cells = tuple(_type_cell(name, owner, staging, parameters) for name in code.co_freevars)
    if cells:
        exec(code, namespace, staging, closure=cells)  # noqa: S102
    else:
        exec(code, namespace, staging)  # noqa: S102
    cell = staging.pop("__classcell__", None)
    if cell is not None:
        cell.cell_contents = owner  # a new cell: nobody else has it yet
    for name in ("__module__", "__qualname__", "__firstlineno__", "__static_attributes__",
                 "__type_params__", "__classdictcell__"):  # fmt: skip
        staging.pop(name, None)
    for name, kind in IMPLICIT_KINDS.items():
        if type(staging.get(name)) is FunctionType:
            staging[name] = kind(staging[name])


def _type_cell(
    name: str, owner: type, staging: Staging, parameters: tuple[Any, ...]
) -> CellType:
    """Give the cell that a class body's free variable reads (PEP 695 type parameters)."""
    if name == ".type_params":
        return CellType(parameters)
    if name == "__classdict__":
        return CellType(staging)
    for parameter in parameters:
        if parameter.__name__ == name:
            return CellType(parameter)
    if name == "__class__":
        return CellType(owner)
    return CellType()


def function_of(
    code: CodeType, namespace: dict[str, Any], closure: tuple[CellType, ...] | None
) -> FunctionType:
    """Make a function of `code` by executing a `def`, so that it has a specialisation version.

    Functions made with `types.FunctionType` are never specialised from 3.13 on. `closure` is
    only counted: the function gets empty cells, its version and docstring are what is wanted.
    """
    del closure
    count = len(code.co_freevars)
    module = _maker(count)
    if not count:
        module = _with_constant(module, code)
    else:
        maker = next(const for const in module.co_consts if isinstance(const, CodeType))
        consts = [
            _with_constant(maker, code) if const is maker else const
            for const in module.co_consts
        ]
        module = module.replace(co_consts=tuple(consts))
    made: dict[str, Any] = {}
    exec(module, namespace, made)  # noqa: S102  a def and nothing else
    if not count:
        return made["made"]  # type: ignore[no-any-return]
    return made["maker"]()  # type: ignore[no-any-return]


@functools.cache
def _maker(count: int) -> CodeType:
    if not count:
        return compile("def made(): pass", "<livepatch>", "exec", dont_inherit=True)
    names = [f"v{index}" for index in range(count)]
    text = (
        f"def maker():\n    {' = '.join(names)} = None\n"
        f"    def made(): {', '.join(names)}\n    return made\n"
    )
    return compile(text, "<livepatch>", "exec", dont_inherit=True)


def _with_constant(outer: CodeType, code: CodeType) -> CodeType:
    """Give `outer` with the one code object in its constants replaced by `code`."""
    consts = [code if isinstance(const, CodeType) else const for const in outer.co_consts]
    return outer.replace(co_consts=tuple(consts))


def docstring_of(function: FunctionType) -> str | None:
    """Give the docstring that the code of a freshly made function carries."""
    return function.__doc__


class Captures:
    """Decorators that take the function they are applied to out of a running statement."""

    def __init__(self) -> None:
        """Start with nothing captured."""
        self.taken: dict[str, FunctionType] = {}
        self.instead: dict[str, object] = {}

    def decorator(self, key: str) -> Callable[[FunctionType], object]:
        """Give the decorator that files its function under `key`.

        The statement goes on with `instead[key]` where there is one, else binds nothing.
        """

        def capture(function: FunctionType) -> object:
            self.taken[key] = function
            return self.instead.get(key, SKIP)

        return capture
