assert repr(app.P(1)) == '<P 1>' and app.P(1) != app.P(1) and repr(p) == '<P 1>'
import dataclasses
assert not dataclasses.is_dataclass(app.P)
hash(p)
