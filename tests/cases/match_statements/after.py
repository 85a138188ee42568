from dataclasses import dataclass
@dataclass
class Pt:
    x: int
    y: int
def f(v):
    match v:
        case Pt(x=x, y=0 | 1): return ('X', x)
        case {'k': a, **rest}: return ('map', a, rest)
        case [a, *rest]: return (a, rest)
        case _: return None
