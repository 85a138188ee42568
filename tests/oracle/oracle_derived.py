"""Values that are computed from other things of a program: right, or named as stale.

Nothing in a program reads them but imports, so that no other value is stale by way of them.
"""

from dataclasses import dataclass

from oracle_programs import Constant, Decorator, Import, Maker, bound_name

NAMES = ("MADE", "OTHER", "LAST")
OF_VALUES = ("held", "chosen")
OF_CODE = ("called", "given", "asked", "went")


@dataclass
class Derived:
    """A value that is computed from something which the module has a name for."""

    id: int
    name: str
    number: int
    source: str
    form: str

    def render(self, indent=""):
        text = {
            "held": self.source,
            "chosen": f"[{self.source}][0] if {self.source} else None",
            "called": as_text(f"{self.source}()"),
            "given": as_text(f"{self.source}({self.number})"),
            "asked": as_text(f"{self.source}().n"),
            "went": as_text(f"{self.source}().go()"),
        }[self.form]
        return [f"{indent}{self.name} = ({self.number}, {text})"]


def as_text(expression):
    """Give a text for a result: a generator has an address, and can be looked at only once."""
    return f"str({expression}).partition('<')[0]"


def new_derived(program, choose, module):
    """Give a value computed from something in `module`, or a plain one where there is nothing."""
    items = [
        item
        for item in module.items
        if not isinstance(item, Decorator | Maker)
        and (item.name or not isinstance(item, Import))
    ]
    if not items:
        return Constant(program.next(), "SPARE", program.next())
    item = choose(items)
    forms = OF_VALUES if item.name.isupper() else OF_CODE
    return Derived(
        program.next(), choose(NAMES), program.next(), bound_name(item), choose(forms)
    )
