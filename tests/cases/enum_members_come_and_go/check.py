assert [c.name for c in m.Color] == ["RED", "BLUE", "GREEN"]
assert m.Color(3) is m.Color.GREEN
assert red is m.Color.RED
assert user.red(m.Color(1))
assert isinstance(m.Color.GREEN, m.Color)
assert m.Color["GREEN"].label() == "GREEN!"
assert red.label() == "RED!"
assert len(m.Color) == 3
assert repr(m.Color.GREEN) == "<Color.GREEN: 3>"
import pickle

assert pickle.loads(pickle.dumps(m.Color.GREEN)) is m.Color.GREEN
assert m.Color.GREEN in m.Color
assert m.Color.GREEN in C
