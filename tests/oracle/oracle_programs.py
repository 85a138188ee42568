"""Programs as values that can be edited, and the texts that they stand for.

Every number in a text is one that no other place has, so that a stale answer can be told from
the right one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MODULES = ("alpha", "beta", "gamma")
NAMES = ("f", "g", "h", "run", "total", "_hidden")
AGAIN = ("more", "twice", "maybe", "never", "int")
METHODS = ("go", "size", "__secret", "check")


@dataclass
class Parameter:
    name: str
    default: int | None = None
    annotation: str = ""
    keyword: bool = False

    def render(self):
        text = self.name + (f": {self.annotation}" if self.annotation else "")
        return text if self.default is None else f"{text}={self.default}"


@dataclass
class Function:
    """A function or method; `shape` names the statements of its body."""

    id: int
    name: str
    number: int
    shape: str = "plain"
    parameters: list[Parameter] = field(default_factory=list)
    decorators: list[str] = field(default_factory=list)
    reads: str = "missing"
    doc: int | None = None
    remarks: int = 0
    returns: str = ""
    first: str = ""  # "self" or "cls" in a class
    setter: bool = False

    def render(self, indent=""):
        lines = [f"@{decorator}" for decorator in self.decorators]
        word = "async def" if self.shape in {"coroutine", "async generator"} else "def"
        returns = f" -> {self.returns}" if self.returns else ""
        lines.append(f"{word} {self.name}({self.signature()}){returns}:")
        if self.doc is not None:
            lines.append(f'    """Doc {self.doc}."""')
        lines += [f"    # remark {index}" for index in range(self.remarks)]
        lines += [f"    {line}" for line in BODIES[self.shape](self)]
        if self.setter:
            lines += [f"@{self.name}.setter", f"def {self.name}(self, value):"]
            lines += [f"    self.n = value + {self.number}"]
        return [indent + line for line in lines]

    def signature(self):
        ordered = sorted(self.parameters, key=lambda p: (p.keyword, p.default is not None))
        parts = [self.first] if self.first else []
        star = False
        for parameter in ordered:
            if parameter.keyword and not star:
                parts.append("*")
                star = True
            parts.append(parameter.render())
        return ", ".join(parts)

    def value(self):
        names = [self.first] if self.first == "cls" else []
        names += [parameter.name for parameter in self.parameters]
        if self.first == "cls":
            names[0] = "cls.__name__"
        if self.first == "self":
            names.insert(0, "self.n")
        return f"({', '.join([str(self.number), *names])},)"

    def called(self, names):
        """Give the name that is called: one that comes later in `names`, so that all calls end."""
        order = (*names, self.reads)
        own = order.index(self.name) if self.name in names else len(names)
        return self.reads if order.index(self.reads) > own else "missing"

    def any(self):
        return self.parameters[0].name if self.parameters else str(self.number)


BODIES = {
    "plain": lambda f: [f"return {f.value()}"],
    "read": lambda f: [f"return ({f.reads}, {f.value()})"],
    "constant": lambda f: [f"return ((lambda: {f.reads.upper()})(), {f.value()})"],
    "call": lambda f: [f"return ({f.number}, {f.called(NAMES)}({f.any()}))"],
    "nested": lambda f: [
        "def inner(y):",
        f"    return (y, {f.value()})",
        "",
        f"return inner({f.number})",
    ],
    "comprehension": lambda f: [
        f"return [(i, {f.any()}) for i in range(2) if i != {f.number}]"
    ],
    "lambda": lambda f: [f"return (lambda z: (z, {f.value()}))({f.number})"],
    "raise": lambda f: ["try:", f"    raise ValueError({f.value()})", "finally:", "    pass"],
    "generator": lambda f: [f"yield {f.number}", f"yield {f.value()}"],
    "coroutine": lambda f: [f"return {f.value()}"],
    "async generator": lambda f: [f"yield {f.number}", f"yield {f.value()}"],
    "walrus": lambda f: [f"if (found := {f.value()}):", "    return found", "return None"],
    "match": lambda f: [
        f"match {f.any()}:",
        "    case int(found):",
        f"        return (found, {f.value()})",
        "    case _:",
        f"        return {f.number}",
    ],
    "super": lambda f: [f"return ({f.number}, super().{f.name}())"],
    "private": lambda f: [f"self.__kept = {f.value()}", "return self.__kept"],
    "class": lambda f: [f"return (__class__.__name__, {f.value()})"],
    "self call": lambda f: [f"return ({f.number}, self.{f.called(METHODS)}())"],
}
OF_METHODS = frozenset({"super", "private", "class", "self call"})
SHAPES = tuple(name for name in BODIES if name not in OF_METHODS)
METHOD_SHAPES = (
    "plain", "nested", "comprehension", "lambda", "raise", "generator", "coroutine", "super",
    "private", "class", "self call",
)  # fmt: skip


@dataclass
class Constant:
    id: int
    name: str
    number: int
    form: str = "int"

    def render(self, indent=""):
        text = {
            "int": f"{self.name} = {self.number}",
            "annotated": f"{self.name}: int = {self.number}",
            "list": f"{self.name} = [{self.number}, {{1: 'a'}}]",
            "pair": f"{self.name}, {self.name}_TOO = ({self.number}, 0)",
            "long": f"{self.name} = (\n{indent}    {self.number},\n{indent}    'b',\n{indent})",
            "more": f"{self.name} = ({self.name}, {self.number})",
            "twice": f"{self.name} *= 2",
            "maybe": f"if {self.name}:\n{indent}    {self.name} = {self.number}",
            "never": f"if not {self.name}:\n{indent}    {self.name} = {self.number}",
        }[self.form]
        return (indent + text).split("\n")


@dataclass
class Lambda:
    id: int
    name: str
    number: int
    default: int | None = None

    def render(self, indent=""):
        default = "" if self.default is None else f", k={self.default}"
        use = "" if self.default is None else ", k"
        return [f"{indent}{self.name} = lambda x{default}: ({self.number}, x{use})"]


@dataclass
class Decorator:
    """A decorator; `form` is plain, or `made` for one that takes a tag."""

    id: int
    name: str
    number: int
    form: str = "plain"
    extra: bool = False

    def render(self, indent=""):
        tag = ", tag" if self.form == "made" else ""
        extra = f", {self.number}" if self.extra else ""
        lines = [
            "@functools.wraps(fn)",
            "def wrapper(*args, **kwargs):",
            f"    return ({self.number}{tag}{extra}, fn(*args, **kwargs))",
            "",
            "return wrapper",
        ]
        if self.form == "plain":
            lines = [
                f"def {self.name}(fn):",
                *("    " + line if line else "" for line in lines),
            ]
        else:
            inner = [
                "    " + line if line else "" for line in ["def deco(fn):", *indented(lines)]
            ]
            lines = [f"def {self.name}(tag):", *inner, "    return deco"]
        return [indent + line if line else "" for line in lines]


@dataclass
class Maker:
    """A function that makes closures with state."""

    id: int
    name: str
    number: int
    captures: bool = True
    steps: int = 1
    doc: bool = False

    def render(self, indent=""):
        lines = [
            f"def {self.name}(n):",
            f"    tag = {self.number}",
            f"    def step(k={self.steps}):",
            *(['        """Step."""'] if self.doc else []),
            "        nonlocal n",
            "        n += k",
            f"        return ({self.number}, n{', tag' if self.captures else ''})",
            "    return step",
        ]
        return [indent + line for line in lines]


@dataclass
class Klass:
    id: int
    name: str
    bases: list[str] = field(default_factory=list)
    doc: int | None = None
    attributes: list[Constant] = field(default_factory=list)
    methods: list[Function] = field(default_factory=list)
    nested: Klass | None = None
    blank: int = 0

    def render(self, indent=""):
        bases = f"({', '.join(self.bases)})" if self.bases else ""
        lines = [f"{indent}class {self.name}{bases}:"]
        inner = indent + "    "
        if self.doc is not None:
            lines.append(f'{inner}"""Class {self.doc}."""')
        for attribute in self.attributes:
            lines += attribute.render(inner)
        if not self.bases:
            lines += ["", f"{inner}def __init__(self, n=5):", f"{inner}    self.n = n"]
        for method in self.methods:
            lines += ["" for _ in range(self.blank)]
            lines += method.render(inner)
        if self.nested is not None:
            lines += self.nested.render(inner)
        if len(lines) == 1:
            lines.append(f"{inner}pass")
        return lines


@dataclass
class Conditional:
    """A function defined in one of two arms."""

    id: int
    name: str
    flag: bool
    one: Function
    two: Function
    form: str = "if"

    def render(self, indent=""):
        arms = [f"if {self.flag}:", "else:"]
        if self.form == "try":
            arms = ["try:", "except ImportError:"]
        if self.form == "with":
            arms = ["with contextlib.suppress(ValueError):", "if not True:"]
        inner = indent + "    "
        before = []
        if self.form == "try" and not self.flag:
            before = [f"{inner}import no_such_module_at_all"]
        return [
            indent + arms[0], *before, *self.one.render(inner), indent + arms[1],
            *self.two.render(inner),
        ]  # fmt: skip


@dataclass
class Import:
    id: int
    source: str
    name: str  # empty: `import source`
    alias: str = ""

    def render(self, indent=""):
        if not self.name:
            return [f"{indent}import {self.source}"]
        alias = f" as {self.alias}" if self.alias else ""
        return [f"{indent}from {self.source} import {self.name}{alias}"]


@dataclass
class Module:
    name: str
    items: list
    gaps: dict[int, int] = field(default_factory=dict)
    remarks: dict[int, int] = field(default_factory=dict)
    future: bool = False
    doc: int | None = None

    def render(self):
        lines = [] if self.doc is None else [f'"""Module {self.doc}."""', ""]
        if self.future:
            lines.append("from __future__ import annotations")
        lines += ["import contextlib", "import functools", ""]
        for item in self.items:
            lines += ["" for _ in range(self.gaps.get(item.id, 1))]
            lines += [f"# about {item.id}: {n}" for n in range(self.remarks.get(item.id, 0))]
            lines += item.render()
        return "\n".join(lines) + "\n"

    def named(self, name):
        return next((item for item in self.items if bound_name(item) == name), None)


class Numbers:
    """Gives every number once, also to copies of a program."""

    def __init__(self):
        self._last = 100

    def next(self):
        self._last += 1
        return self._last

    def __deepcopy__(self, memo):
        return self


@dataclass
class Program:
    modules: list[Module]
    numbers: Numbers = field(default_factory=Numbers)

    def texts(self):
        return {module.name: module.render() for module in self.modules}

    def next(self):
        return self.numbers.next()


def bound_name(item):
    return (item.alias or item.name or item.source) if isinstance(item, Import) else item.name


def indented(lines):
    return ["    " + line if line else "" for line in lines]
