"""New parts of programs: functions, classes, constants and what else a module holds."""

from oracle_derived import new_derived
from oracle_programs import (
    METHOD_SHAPES,
    METHODS,
    NAMES,
    OF_METHODS,
    SHAPES,
    Conditional,
    Constant,
    Decorator,
    Function,
    Klass,
    Lambda,
    Maker,
    Parameter,
)

CLASSES = ("Cart", "Item", "Order")
ANNOTATIONS = ("", "int", "str", "'Later'")


def new_function(program, choose, name):
    function = Function(program.next(), name, program.next(), choose(SHAPES))
    for index in range(choose((1, 0, 2))):
        add_parameter(program, choose, function, f"p{index}")
    function.reads = choose(NAMES)
    return function


def add_parameter(program, choose, function, name):
    default = program.next() if choose((False, True)) else None
    function.parameters.append(
        Parameter(
            name, default, choose(ANNOTATIONS), default is not None and choose((False, True))
        )
    )


def new_method(program, choose, name):
    function = new_function(program, choose, name)
    function.shape = choose(METHOD_SHAPES)
    function.reads = choose(METHODS[:2])
    set_method_kind(choose, function)
    return function


def set_method_kind(choose, function):
    kind = choose(("", "staticmethod", "classmethod", "property", "functools.cached_property"))
    function.decorators = [kind] if kind else []
    function.first = {"": "self", "staticmethod": "", "classmethod": "cls"}.get(kind, "self")
    function.setter = kind == "property" and choose((False, True))
    if kind in {"functools.cached_property", "property"}:
        function.parameters = []
    if function.first != "self" and function.shape in OF_METHODS:
        function.shape = "plain"


def new_class(program, choose, module, name):
    klass = Klass(program.next(), name)
    others = [item for item in module.items if isinstance(item, Klass)]
    if others and choose((False, True)):
        klass.bases = [choose(others).name]
    for index in range(choose((1, 0, 2))):
        klass.methods.append(new_method(program, choose, METHODS[index]))
    if choose((False, True)):
        klass.attributes.append(new_attribute(program, choose))
    if choose((False, False, True)):
        klass.nested = Klass(
            program.next(), "Inner", methods=[new_method(program, choose, "go")]
        )
    return klass


def new_attribute(program, choose):
    name = choose(("rate", "__mark", "kinds"))
    return Constant(program.next(), name, program.next(), choose(("int", "annotated", "list")))


def new_item(program, choose, module):  # noqa: PLR0911  one line per kind of item
    kind = choose(
        (
            "function",
            "class",
            "constant",
            "decorator",
            "maker",
            "lambda",
            "conditional",
            "derived",
        )
    )
    name = choose(NAMES)
    if kind == "function":
        return new_function(program, choose, name)
    if kind == "class":
        return new_class(program, choose, module, choose(CLASSES))
    if kind == "constant":
        form = choose(("int", "annotated", "list", "pair", "long"))
        return Constant(program.next(), choose(NAMES).upper(), program.next(), form)
    if kind == "decorator":
        form = choose(("plain", "made"))
        return Decorator(program.next(), choose(("wrap", "note")), program.next(), form)
    if kind == "maker":
        return Maker(program.next(), choose(("make", "build")), program.next())
    if kind == "derived":
        return new_derived(program, choose, module)
    if kind == "lambda":
        return Lambda(program.next(), name, program.next(), choose((None, 4)))
    one, two = (new_function(program, choose, name) for _ in range(2))
    form = choose(("if", "try", "with"))
    return Conditional(program.next(), name, choose((True, False)), one, two, form)
