"""What can be seen of a program from outside, as a flat mapping of text to text.

Runs both in the patched process and in the fresh interpreter that it is compared with, so it
imports nothing but the standard library. Two programs are the same when their mappings are.
"""

import functools
import hashlib
import inspect
import itertools
import types

HIDDEN = frozenset(
    {"__builtins__", "__cached__", "__dict__", "__file__", "__loader__", "__spec__", "__weakref__",
     "__annotate__", "__annotations__", "__annotate_func__", "__annotations_cache__",
     "__conditional_annotations__", "__classcell__", "__package__", "__static_attributes__",
     "__type_params__", "__warningregistry__", "_abc_impl"}
)  # fmt: skip
KIND_FLAGS = 0x20 | 0x80 | 0x200 | 0x4 | 0x8
PLAIN = (int, str, float, bytes, bool, type(None))


class Observer:
    """Describes values under paths; an object met before is described as the same object."""

    def __init__(self, files, *, sources=True):
        self.out = {}
        self._files = files
        self._seen = {}
        self._sources = sources

    def module(self, name, module):
        names = [known for known in vars(module) if known not in HIDDEN]
        self.out[f"{name} names"] = " ".join(sorted(names))
        self.out[f"{name} doc"] = repr(module.__doc__)
        self.out[f"{name} annotations"] = annotations_of(module)
        for known in sorted(names):
            if not known.startswith("__"):
                self.describe(f"{name}.{known}", vars(module)[known])

    def describe(self, path, value):
        if isinstance(value, (*PLAIN, tuple, list, dict, set, frozenset)):
            self.out[path] = settled(value)
        elif isinstance(value, types.ModuleType):
            self.out[path] = f"module {value.__name__}"
        elif id(value) in self._seen:
            self.out[path] = f"is {self._seen[id(value)]}"
        else:
            self._seen[id(value)] = path
            self._describe_new(path, value)

    def _describe_new(self, path, value):
        if isinstance(value, types.FunctionType):
            self.function(path, value)
        elif isinstance(value, type):
            self._class(path, value)
        elif isinstance(value, staticmethod | classmethod):
            self.out[path] = type(value).__name__
            self.describe(f"{path}.__func__", value.__func__)
        elif isinstance(value, property):
            self.out[path] = f"property doc={value.__doc__!r}"
            for part in ("fget", "fset", "fdel"):
                self.describe(f"{path}.{part}", getattr(value, part))
        elif isinstance(value, functools.cached_property):
            self.out[path] = f"cached_property {value.attrname} doc={value.__doc__!r}"
            self.describe(f"{path}.func", value.func)
        elif isinstance(value, functools.partial):
            self.out[path] = f"partial {settled(value.args)} {settled(value.keywords)}"
            self.describe(f"{path}.func", value.func)
        elif hasattr(value, "__wrapped__"):
            self.out[path] = f"{type(value).__qualname__} {shown(value)}"
            self.describe(f"{path}.__wrapped__", value.__wrapped__)
            self.calls(path, value)
        else:
            self.out[path] = f"a {type(value).__qualname__}"

    def function(self, path, value):
        self.out[path] = f"function {shown(value)} module={value.__module__}"
        self.out[f"{path} signature"] = attempt(
            self._files, lambda: str(inspect.signature(value))
        )
        self.out[f"{path} annotations"] = annotations_of(value)
        self.out[f"{path} defaults"] = settled([value.__defaults__, value.__kwdefaults__])
        self.out[f"{path} attributes"] = " ".join(sorted(vars(value)))
        self.out[f"{path} type parameters"] = str(getattr(value, "__type_params__", ()))
        self._code(path, value.__code__)
        self._source(path, value)
        if "__wrapped__" in vars(value):
            self.describe(f"{path}.__wrapped__", value.__wrapped__)
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            self.describe(f"{path}[{name}]", contents(cell))
        self.calls(path, value)

    def _source(self, path, value):
        if self._sources:
            source = attempt(self._files, lambda: inspect.getsource(value))
            self.out[f"{path} source"] = source

    def _code(self, path, code):
        lines = [line for _, _, line in code.co_lines()]
        positions = [place for place, _ in itertools.groupby(code.co_positions())]
        self.out[f"{path} code"] = (
            f"{code.co_qualname}:{code.co_firstlineno} file={code.co_filename} "
            f"flags={code.co_flags & KIND_FLAGS} free={code.co_freevars} "
            f"arguments={code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]}"
        )
        self.out[f"{path} lines"] = str([line for line, _ in itertools.groupby(lines)])
        self.out[f"{path} positions"] = hashlib.md5(repr(positions).encode()).hexdigest()[:8]
        for index, inner in enumerate(
            c for c in code.co_consts if isinstance(c, types.CodeType)
        ):
            self._code(f"{path} inner {index} {inner.co_name}", inner)

    def _class(self, path, cls):
        bases = ", ".join(base.__qualname__ for base in cls.__mro__)
        names = [name for name in vars(cls) if name not in HIDDEN]
        self.out[path] = f"class {cls.__qualname__} module={cls.__module__} mro=({bases})"
        self.out[f"{path} names"] = " ".join(sorted(names))
        self.out[f"{path} annotations"] = annotations_of(cls)
        self.out[f"{path} assigned"] = str(sorted(getattr(cls, "__static_attributes__", ())))
        self._source(path, cls)
        for name in sorted(names):
            self.describe(f"{path}.{name}", vars(cls)[name])
        self.instance(f"{path}()", attempt(self._files, cls, give=True))

    def instance(self, path, instance):
        """Say how an object behaves, whatever state it has gathered."""
        if isinstance(instance, str):
            self.out[path] = instance
            return
        cls = type(instance)
        for name in sorted(set(dir(cls))):
            if name.startswith("__") or name == "n":
                continue
            reset(instance)
            found = attempt(self._files, lambda name=name: getattr(instance, name), give=True)
            if callable(found) and not isinstance(found, type):
                self.calls(f"{path}.{name}", found)
            else:
                self.out[f"{path}.{name}"] = settled(found)

    def calls(self, path, value):
        """Say what comes of calling `value`, in a few ways."""
        count = attempt(self._files, lambda: required(value), give=True)
        if isinstance(count, str):
            return
        for more in (0, 1, -1):
            if count + more >= 0:
                arguments = [3] * (count + more)
                self.out[f"{path}{tuple(arguments)}"] = attempt(self._files, value, *arguments)

    def closure(self, path, value):
        """Say how a closure behaves with its variables set to values that are known."""
        self._code(path, value.__code__)
        self.out[f"{path} signature"] = str(inspect.signature(value))
        self.out[f"{path} shown"] = shown(value)
        for arguments in ((), (2,), (2, 3)):
            for name, cell in zip(
                value.__code__.co_freevars, value.__closure__ or (), strict=True
            ):
                if name in {"n", "tag"}:
                    cell.cell_contents = 10
            self.out[f"{path}{arguments}"] = attempt(self._files, value, *arguments)


def reset(instance):
    vars(instance).clear()
    instance.n = 5


def required(value):
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(value).parameters.values()
    return sum(p.kind in kinds and p.default is inspect.Parameter.empty for p in parameters)


def shown(value):
    return f"{value.__qualname__} name={value.__name__} doc={value.__doc__!r}"


def contents(cell):
    try:
        return cell.cell_contents
    except ValueError:
        return "empty cell"


def annotations_of(value):
    try:
        found = dict(value.__annotations__)
    except AttributeError:
        return "none"
    except NameError as error:
        return f"NameError: {error}"
    return ", ".join(f"{key}: {settled(found[key])}" for key in sorted(found))


def attempt(files, function, *arguments, give=False):
    """Give what a call results in, as text (with `give`, the result itself), or what it raises."""
    try:
        result = function(*arguments)
        return result if give else settled(result)
    except Exception as error:  # noqa: BLE001  the program may raise anything
        return raised(error, files)


def raised(error, files):
    """Give an exception with the lines of the program that it passed through."""
    places, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename in files:
            places.append(f"{code.co_name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__}: {error} at {' '.join(places)}"


def settled(value):  # noqa: PLR0911  one line per kind of value
    """Give a text for a result, without addresses; what can be run to its end is."""
    match value:
        case tuple() | list() | set() | frozenset():
            return f"{type(value).__name__}({', '.join(settled(item) for item in value)})"
        case dict():
            items = (f"{settled(key)}: {settled(value[key])}" for key in value)
            return f"dict({', '.join(items)})"
        case types.GeneratorType():
            return f"generator {settled(list(itertools.islice(value, 5)))}"
        case types.CoroutineType():
            return f"coroutine {settled(driven(value))}"
        case types.AsyncGeneratorType():
            found = [driven(anext(value)) for _ in range(2)]
            driven(value.aclose())
            return f"async generator {settled(found)}"
        case types.FunctionType():
            return f"function {value.__qualname__}"
        case type():
            return f"class {value.__qualname__}"
        case _ if isinstance(value, PLAIN):
            return repr(value)
        case _ if hasattr(value, "__enter__"):
            with value as inner:
                return f"context {settled(inner)}"
    return f"a {type(value).__qualname__}"


def driven(awaitable):
    """Give the result of an awaitable that never has to wait."""
    try:
        awaitable.__await__().__next__()
    except StopIteration as stop:
        return stop.value
    return "waits"
