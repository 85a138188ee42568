from dataclasses import dataclass
@dataclass
class Pt:
    x: int
    y: int
def f(v):
    match v:
        case Pt(x, 0): return ('x', x)
        case [a, *rest]: return (a, rest)
        case _: return None
