"""One module while a patch is prepared: its scopes, what is staged in them, how names are bound.

Invariant: nothing here touches the module itself; every effect is a write of the transaction,
except what a compound statement that must run in place does, which is noted as already done.
"""

from __future__ import annotations
import __future__

import ast
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import CodeType, FunctionType, ModuleType
from typing import Any

from livepatch.model import MISSING, Definition, FilePlan, Write, WriteKind
from livepatch.patching import dispatching
from livepatch.patching.effects import Effects, restoring
from livepatch.patching.lending import lent
from livepatch.patching.registry import Registry, TrackedFile
from livepatch.patching.transaction import Rebinding, Transaction
from livepatch.patching.units import Units
from livepatch.runtime import adopt, build, epochs, lookup
from livepatch.source import scopes

ANNOTATIONS = "__annotations__"
LAZY_ANNOTATIONS = ("__annotate__", "__annotate_func__", "__conditional_annotations__")


def tell_name(scope: Scope, name: str, value: Any) -> None:
    """Let a descriptor know under which name it stands in its class, as a class body does."""
    set_name = getattr(type(value), "__set_name__", None)
    if scope.owner is not None and set_name is not None:
        set_name(value, scope.owner, name)


@dataclass
class Scope:
    """A namespace that definitions live in: the module's, or that of a live class."""

    owner: type | None
    namespace: Mapping[str, Any]
    staged: dict[str, Any] = field(default_factory=dict)
    annotated: dict[str, Any] = field(default_factory=dict)  # by statements that ran

    def get(self, name: str) -> Any:
        """Give the value that `name` has or is about to get, MISSING where there is none."""
        if name in self.staged:
            return self.staged[name]
        return epochs.logical(self.namespace.get(name, MISSING))


class _Behind(dict[str, Any]):
    """Looks names up in what is staged, then in the live namespace."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope

    def __missing__(self, name: str) -> Any:
        value = self._scope.get(name)
        if value is MISSING or (self._scope.owner is None and name not in self._scope.staged):
            raise KeyError(name)  # the interpreter goes on to the module's globals
        return value


class Site:
    """What the steps of a patch share about one module."""

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        transaction: Transaction,
        registry: Registry,
        tracked: TrackedFile,
        module: ModuleType,
        plan: FilePlan,
        units: Units,
        text: str,
    ) -> None:
        """Look at `module` for the edits of `plan`; nothing is staged yet."""
        self.transaction = transaction
        self.registry = registry
        self.tracked = tracked
        self.module = module
        self.plan = plan
        self.units = units
        self.text = text
        self.captures = build.Captures()
        self.scope = Scope(None, vars(module))
        self.arrivals: dict[str, tuple[Definition, str, Any]] = {}  # from where, and what
        self.split: set[tuple[str, ...]] = set()  # classes that live on beside a new one
        self.former: dict[tuple[str, ...], type] = {}  # classes that a new one stands in for
        self.generated: dict[tuple[str, ...], frozenset[str]] = {}  # for rebuilt classes
        self._bound: frozenset[str] | None = None
        self._decorators: tuple[str, ...] = ()
        self._before: dict[str, Any] = {}
        self._scopes: dict[tuple[str, ...], Scope | None] = {(): self.scope}

    def staged(self) -> Mapping[str, Any]:
        """Give the names of the module as they will be, those it looks up itself left out."""
        return _Behind(self.scope)

    def names_bound_by_file(self) -> frozenset[str]:
        """Give the names that the top level of the whole new text binds; parsed when asked."""
        if self._bound is None:
            self._bound = scopes.names_bound(self.text)
        return self._bound

    def scope_of(self, owner: tuple[str, ...]) -> Scope | None:
        """Give the scope of the class called `owner`, None where it is not to be found."""
        if owner not in self._scopes:
            cls = self._class_at(owner)
            if cls is None:
                staged: Any = self.scope.staged.get(owner[0])
                for name in owner[1:]:
                    staged = vars(staged).get(name) if isinstance(staged, type) else None
                cls = staged if isinstance(staged, type) else None
            self._scopes[owner] = None if cls is None else Scope(cls, vars(cls))
        return self._scopes[owner]

    def _class_at(self, owner: tuple[str, ...]) -> type | None:
        """Give the live class called `owner`; a decorator may have put another in its place."""
        cls = lookup.resolve_class(self.module, owner)
        if cls is not None:
            return cls
        if not re.search(rf"^class {owner[0]}\b", self.tracked.known_text(), re.MULTILINE):
            return None
        cls = lookup.resolve_class(self.module, owner, defined=True)
        if cls is None:
            space = vars(self.module)
            named = lookup.classes_named(".".join(owner), space)
            same = [each for each in named if lookup.has_function_of(each, space)]
            cls = same[0] if len(same) == 1 else None
        return cls

    def rename_scope(self, old: tuple[str, ...], new: tuple[str, ...]) -> None:
        """Let the scope of a renamed class be found under its new name."""
        self._scopes[new] = self._scopes.get(old)

    def stand_in(
        self, path: tuple[str, ...], old: type, cls: type, shared: Mapping[str, Any]
    ) -> None:
        """Let `cls`, which is to have the `shared` attributes of `old`, be the class at `path`."""
        self.former[path] = old
        self._scopes[path] = Scope(cls, vars(cls), dict(shared))

    def accepts(self, definition: Definition) -> lookup.Accept:
        """Give the test whether a code object is that of `definition` in the old text."""
        name = definition.qualname
        lines = {definition.first}
        if definition.role == "lambda":
            name = name.rpartition(".")[0] + ".<lambda>" if "." in name else "<lambda>"  # type: ignore[assignment]
            lines = set(range(definition.first, definition.end + 1))
        files = self.tracked.names

        def accept(code: CodeType) -> bool:
            return (
                code.co_firstlineno in lines
                and code.co_qualname == name
                and code.co_filename in files
            )

        return accept

    def run(
        self, node: ast.stmt, unit: Definition, definition: Definition, scope: Scope
    ) -> dict[str, Any]:
        """Execute one statement of the new text; give the names that it bound, and values.

        MISSING stands for a name that it unbound. The transaction is flushed first where the
        statement may call code that this patch changes.
        """
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            return {a.asname or a.name: getattr(__future__, a.name) for a in node.names}
        self.make_visible(node, scope)
        before = [(*both, dict(both[1])) for both in dispatching.registries(node, scope.get)]
        effects = Effects(node, self.view_from(scope))
        try:
            return self._run(node, unit, definition, scope)
        finally:
            self.transaction.done(effects.inverse())
            for found in before:
                self.transaction.done(dispatching.restored(*found))

    def view_from(self, scope: Scope) -> Callable[[str], Any]:
        """Give what gives the values of names as a statement in `scope` sees them."""

        def get(name: str) -> Any:
            found = scope.get(name)
            return self.scope.get(name) if found is MISSING else found

        return get

    def _run(
        self, node: ast.stmt, unit: Definition, definition: Definition, scope: Scope
    ) -> dict[str, Any]:
        staging = build.Staging(_Behind(scope))
        staging[ANNOTATIONS] = {}  # else a class body would write to the live ones
        aside = {key: self.captures.decorator(key) for key in self._decorators}
        aside |= lent(node, self.text, self.module, self.view_from(scope), self.units.statement)
        for key, value in aside.items():
            staging.setdefault(key, value)
        if scope.owner is not None:
            owner = tuple(scope.owner.__qualname__.split("."))
            code = self.units.class_statement(unit, owner, definition, node)
            if code is None:
                return {}
            self.execute_body(code, staging, scope.owner)
            if not self._is_docstring(node):
                staging.pop("__doc__", None)
        elif self.must_run_in_place(node, scope):
            return self._run_in_place(node)
        else:
            build.execute(self.units.statement(node), vars(self.module), staging)
        for key, value in aside.items():
            if staging.get(key) is value:
                staging.pop(key)
        scope.annotated.update(staging.pop(ANNOTATIONS, {}))
        for key in LAZY_ANNOTATIONS:
            staging.pop(key, None)
        return {**staging, **dict.fromkeys(staging.deleted, MISSING)}

    def execute_body(self, code: CodeType, staging: build.Staging, owner: type) -> None:
        """Run the body code of a live class, with the type parameters that it is about to have."""
        parameters = self.transaction.pending_value(owner, "__type_params__")
        known = None if parameters is MISSING else parameters
        build.execute_class_body(code, vars(self.module), staging, owner, known)

    def run_capturing(
        self, node: ast.stmt, unit: Definition, definition: Definition, scope: Scope, key: str
    ) -> dict[str, Any]:
        """Execute a statement that holds the capturing decorator `key`."""
        self._decorators = (key,)
        try:
            return self.run(node, unit, definition, scope)
        finally:
            self._decorators = ()

    @staticmethod
    def _is_docstring(node: ast.stmt) -> bool:
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)

    def _run_in_place(self, node: ast.stmt) -> dict[str, Any]:
        namespace = vars(self.module)
        before = dict(namespace)
        if ANNOTATIONS in namespace:  # a copy: what the statement adds can be taken back
            namespace[ANNOTATIONS] = dict(namespace[ANNOTATIONS])
        try:
            exec(self.units.statement(node), namespace)  # noqa: S102
        finally:
            inverse = restoring(namespace, before)
            self.transaction.done(inverse)
        bound = {str(write.name): namespace.get(str(write.name), MISSING) for write in inverse}
        for write in inverse:  # so that `bind` sees what was there before
            self._before[str(write.name)] = write.value
        return bound

    def must_run_in_place(self, node: ast.stmt, scope: Scope) -> bool:
        """Tell whether inner scopes of `node` read names that `node` itself binds.

        They look into the module's own namespace, so these names have to be there.
        """
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return False
        inner = scopes.reads_in_inner_scopes(node)
        return scope.owner is None and bool(inner & scopes.bound_names(node))

    def make_visible(self, node: ast.stmt, scope: Scope) -> None:
        """Carry out what is pending as far as executing `node` may depend on it."""
        transaction = self.transaction
        transaction.catch_up()
        transaction.publish()
        if not transaction.pending and not transaction.pairs:
            return
        if isinstance(node, ast.Import | ast.ImportFrom):
            if isinstance(node, ast.ImportFrom) and self._changes_elsewhere(node):
                transaction.flush()
            return
        staged_inside = scopes.reads_in_inner_scopes(node) & self.scope.staged.keys()
        if staged_inside or self.may_call_tracked(node) or self._reads_changing(node, scope):
            transaction.flush()

    def _reads_changing(self, node: ast.stmt, scope: Scope) -> bool:
        """Tell whether `node` reads, in its class, an object that is about to become another.

        `@x.setter` copies the docstring of the property that it is called on.
        """
        if scope.owner is None:
            return False
        changing = {id(write.target) for write in self.transaction.pending}
        return any(id(scope.get(name)) in changing for name in scopes.names_evaluated(node))

    def _changes_elsewhere(self, node: ast.ImportFrom) -> bool:
        """Tell whether a name that `node` imports is about to be rebound in another module."""
        names = {alias.name for alias in node.names}
        return any(
            change.module is not self.module and (change.name in names or "*" in names)
            for change in self.transaction.rebound
        )

    def may_call_tracked(self, node: ast.stmt) -> bool:
        """Tell whether executing `node` may run code of a tracked file."""
        names = scopes.names_evaluated(node) | scopes.reads_in_inner_scopes(node)
        return any(self._is_ours(name) for name in names)

    def _is_ours(self, name: str) -> bool:
        value = self.scope.get(name)
        if value is MISSING or type(value) in lookup.PLAIN:
            return False
        if isinstance(value, ModuleType):
            file = getattr(value, "__file__", None)
            return isinstance(file, str) and file in self.registry
        home = getattr(value, "__module__", None) or type(value).__module__
        module = sys.modules.get(home) if isinstance(home, str) else None
        file = getattr(module, "__file__", None)
        return not isinstance(file, str) or file in self.registry

    def bind(
        self, scope: Scope, name: str, value: Any, *, made: bool, fresh: bool = True
    ) -> Any:
        """Bind `name` with the commit; give the object that it will hold.

        An old function of the same definition stays the object, and becomes what `value` is;
        `made` says that a definition has just made the value, `fresh` that it may be tried.
        """
        old = self._before.pop(name, MISSING) if scope.owner is None else MISSING
        if old is MISSING:
            old = scope.get(name)
        final = value
        if self.transaction.registrars.adopt(old, value):
            final = old
        elif value is not MISSING and old is not MISSING and (made or fresh):
            final, writes = adopt.adopted(old, value, made=made)
            self.transaction.add(writes)
            if final is not value:
                self.transaction.registrars.replaced(value, final)
        scope.staged[name] = final
        if scope.owner is None:
            self.transaction.add([Write(WriteKind.ITEM, vars(self.module), name, final)])
            if final is not old:
                self.transaction.rebound.append(Rebinding(self.module, name, old, final))
        else:
            self.transaction.add([Write(WriteKind.TYPE_ATTRIBUTE, scope.owner, name, final)])
        return final

    def is_function_of_ours(self, value: object) -> bool:
        """Tell whether `value` is a function whose code comes from this file."""
        return type(value) is FunctionType and value.__code__.co_filename in self.tracked.names
