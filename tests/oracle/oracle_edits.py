"""Everything that a programmer does to a program between two saves, as random choices.

Each edit takes the program and `choose`, a function that picks one of a sequence.
"""

import copy

from oracle_derived import Derived
from oracle_making import (
    ANNOTATIONS,
    CLASSES,
    add_parameter,
    new_attribute,
    new_item,
    new_method,
    set_method_kind,
)
from oracle_programs import (
    AGAIN,
    METHOD_SHAPES,
    METHODS,
    MODULES,
    NAMES,
    SHAPES,
    Conditional,
    Constant,
    Decorator,
    Function,
    Import,
    Klass,
    Lambda,
    Maker,
    Module,
    Program,
    bound_name,
)


def start(choose):
    """Give a program of two or three modules."""
    program = Program([])
    for name in MODULES[: choose((2, 3))]:
        module = Module(name, [])
        program.modules.append(module)
        for _ in range(choose((2, 3, 5))):
            insert(program, choose, module)
        if len(program.modules) > 1:
            add_import(program, choose, module)
    return program


def insert(program, choose, module=None):
    """Put a new item anywhere into a module; a name is bound once."""
    module = module or choose(program.modules)
    item = new_item(program, choose, module)
    if module.named(item.name) is None:
        module.items.insert(choose(range(len(module.items) + 1)[::-1]), item)


def duplicate(program, choose):
    """Define a name a second time, further down."""
    module, item = any_item(program, choose, (Function,))
    if item is not None and not item.decorators:
        again = copy.deepcopy(item)
        again.id, again.number = program.next(), program.next()
        module.items.append(again)


def bind_again(program, choose):
    """Bind the name of a constant once more, above it or below."""
    module, item = any_item(program, choose, (Constant,))
    if item is not None:
        again = Constant(program.next(), item.name, program.next(), choose(AGAIN))
        module.items.insert(choose(range(len(module.items) + 1)[::-1]), again)


def delete(program, choose):
    module = choose(program.modules)
    if module.items:
        module.items.remove(choose(module.items))


def move(program, choose):
    module = choose(program.modules)
    if len(module.items) > 1:
        item = choose(module.items)
        module.items.remove(item)
        module.items.insert(choose(range(len(module.items) + 1)), item)


def swap_names(program, choose):
    module = choose(program.modules)
    functions = [item for item in module.items if isinstance(item, Function)]
    if len(functions) > 1:
        functions[0].name, functions[1].name = functions[1].name, functions[0].name


def rename(program, choose):
    """Give an item another name, in the other modules' imports too."""
    module, item = any_item(
        program, choose, (Function, Klass, Constant, Maker, Lambda, Decorator)
    )
    if item is None:
        return
    new = choose(CLASSES if isinstance(item, Klass) else NAMES)
    if isinstance(item, Constant):
        new = new.upper()
    if module.named(new) is not None:
        return
    old, item.name = item.name, new
    if choose((True, False)):
        for other in program.modules:
            for imported in other.items:
                if isinstance(imported, Import) and (imported.source, imported.name) == (
                    module.name, old,
                ):  # fmt: skip
                    imported.alias = imported.alias or old
                    imported.name = new


def add_import(program, choose, module=None):
    module = module or choose(program.modules)
    before = program.modules[: program.modules.index(module)]
    if not before:
        return
    source = choose(before)
    names = [item.name for item in source.items if not isinstance(item, Import)]
    name = choose(names) if names and choose((True, True, False)) else ""
    alias = choose(("", "other", "more")) if name else ""
    item = Import(program.next(), source.name, name, alias)
    if module.named(bound_name(item)) is None:
        module.items.insert(0, item)


def edit_function(program, choose):
    module, function = any_item(program, choose, (Function, Conditional))
    if isinstance(function, Conditional):
        if choose((True, False)):
            function.flag = not function.flag
            return
        function = choose((function.one, function.two))
    if function is not None:
        change_function(program, choose, function)
        if choose((False, False, True)):
            change_decorators(choose, module, function)


def change_decorators(choose, module, function):
    if sum(bound_name(item) == function.name for item in module.items) > 1:
        return
    ours = [item for item in module.items if isinstance(item, Decorator)]
    known = [d.name if d.form == "plain" else f"{d.name}({choose((7, 8))})" for d in ours]
    if not function.shape.startswith(("gen", "cor", "async", "call")):
        # A cached generator is at its end once it was looked at; a call may give one, too.
        known += ["functools.lru_cache"]
    elif function.shape == "generator":
        known += ["contextlib.contextmanager"]
    chosen = [choose(known) for _ in range(choose((1, 0, 2)))] if known else []
    chosen.sort(key=lambda name: name.startswith(("functools", "contextlib")))
    function.decorators = list(dict.fromkeys(chosen))


def change_function(program, choose, function):
    shapes = METHOD_SHAPES if function.first else SHAPES
    what = choose(
        ("number", "shape", "doc", "remarks", "parameter", "drop", "default", "annotation",
         "keyword", "returns", "reads", "rename parameter")
    )  # fmt: skip
    if what == "number":
        function.number = program.next()
    elif what == "shape":
        if "contextlib.contextmanager" not in function.decorators and not (
            function.first == "cls" or function.setter
        ):
            function.shape = choose(shapes if function.first != "" else SHAPES)
        if "functools.lru_cache" in function.decorators:
            function.shape = "plain"
    elif what == "doc":
        function.doc = choose((None, program.next()))
    elif what == "remarks":
        function.remarks = choose((0, 1, 3))
    elif what == "returns":
        function.returns = choose(ANNOTATIONS)
    elif what == "reads":
        function.reads = choose(NAMES if not function.first else METHODS[:2])
    else:
        change_parameters(program, choose, function, what)


def change_parameters(program, choose, function, what):
    if what == "parameter" and "property" not in "".join(function.decorators):
        used = {parameter.name for parameter in function.parameters}
        free = [name for name in ("p0", "p1", "p2", "p3") if name not in used]
        if free:
            add_parameter(program, choose, function, free[0])
        return
    if not function.parameters:
        return
    parameter = choose(function.parameters)
    if what == "drop":
        function.parameters.remove(parameter)
    elif what == "default":
        parameter.default = choose((None, program.next()))
    elif what == "annotation":
        parameter.annotation = choose(ANNOTATIONS)
    elif what == "keyword":
        parameter.keyword = not parameter.keyword
    elif what == "rename parameter":
        used = {other.name for other in function.parameters}
        parameter.name = next(name for name in ("q0", "q1", "q2") if name not in used)


def edit_class(program, choose):  # noqa: C901  one branch per kind of edit
    module, klass = any_item(program, choose, (Klass,))
    if klass is None:
        return
    if klass.nested is not None and choose((False, True)):
        klass = klass.nested
    what = choose(
        ("method", "add method", "drop method", "order", "kind", "attribute", "doc", "blank",
         "rename method", "drop attribute", "nested", "bases")
    )  # fmt: skip
    if what == "add method":
        used = {method.name for method in klass.methods}
        free = [name for name in METHODS if name not in used]
        if free:
            position = choose(range(len(klass.methods) + 1))
            klass.methods.insert(position, new_method(program, choose, free[0]))
    elif what == "bases" and klass.name != "Inner":
        before = module.items[: module.items.index(klass)]
        known = [item.name for item in before if isinstance(item, Klass) and not item.bases]
        klass.bases = [choose(known)] if known and choose((True, False)) else []
    elif what == "attribute":
        change_attribute(program, choose, klass)
    elif what == "drop attribute":
        klass.attributes = []
    elif what == "doc":
        klass.doc = choose((None, program.next()))
    elif what == "blank":
        klass.blank = choose((0, 1, 2))
    elif what == "nested" and klass.name != "Inner":
        klass.nested = choose(
            (None, Klass(program.next(), "Inner", methods=[new_method(program, choose, "go")]))
        )
    elif klass.methods:
        change_methods(program, choose, klass, what)


def change_methods(program, choose, klass, what):
    method = choose(klass.methods)
    if what == "method":
        change_function(program, choose, method)
        if method.first != "self" and method.shape in METHOD_SHAPES[7:]:
            method.shape = "plain"
    elif what == "drop method":
        klass.methods.remove(method)
    elif what == "order":
        klass.methods.reverse()
    elif what == "kind":
        set_method_kind(choose, method)
    elif what == "rename method":
        used = {other.name for other in klass.methods}
        method.name = next((name for name in METHODS if name not in used), method.name)


def change_attribute(program, choose, klass):
    if klass.attributes and choose((True, False)):
        klass.attributes[0].number = program.next()
    else:
        klass.attributes = [new_attribute(program, choose)]


def edit_other(program, choose):
    """Change a constant, a lambda, a maker of closures, a decorator, or a value that is computed."""
    _, item = any_item(program, choose, (Constant, Lambda, Maker, Decorator, Derived))
    if item is None:
        return
    item.number = program.next()
    if isinstance(item, Constant):
        again = item.form in AGAIN
        item.form = choose(
            (item.form, *(AGAIN if again else ("int", "annotated", "list", "pair", "long")))
        )
    elif isinstance(item, Lambda):
        item.default = choose((item.default, None, program.next()))
    elif isinstance(item, Derived):
        return
    elif isinstance(item, Maker):
        item.steps = choose((item.steps, program.next()))
        item.captures = choose((item.captures, not item.captures))
        item.doc = choose((False, True))
    else:
        item.extra = choose((item.extra, not item.extra))


def layout(program, choose):
    """Edit what Python does not see: comments and blank lines."""
    module = choose(program.modules)
    if module.items:
        item = choose(module.items)
        where = choose((module.gaps, module.remarks))
        where[item.id] = choose((0, 1, 2, 5))


def header(program, choose):
    module = choose(program.modules)
    module.doc = choose((None, program.next()))


def future(program, choose):
    """Change how annotations are compiled; statements that did not change do not run again."""
    module = choose(program.modules)
    if "annotated" not in repr(module):
        module.future = not module.future


def any_item(program, choose, kinds):
    """Give a module and one of its items that is of one of `kinds`, or None for both."""
    found = [(m, item) for m in program.modules for item in m.items if isinstance(item, kinds)]
    return choose(found) if found else (None, None)


EDITS = (
    edit_function, edit_function, edit_function, edit_class, edit_class, edit_class, edit_other,
    edit_other, insert, insert, delete, move, rename, layout, layout, add_import, swap_names,
    header, duplicate, future, bind_again,
)  # fmt: skip
