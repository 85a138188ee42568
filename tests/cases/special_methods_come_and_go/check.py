import pytest

assert len(c) == 3
assert c == app.C(3)
assert c() == "called"
assert c[4] == 4
assert c + 1 == 4
with pytest.raises(TypeError):
    hash(c)
with c as d:
    raise ValueError
