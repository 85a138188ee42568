import pytest

assert app.P(1) != app.P(1) and p != app.P(1)
pytest.raises(TypeError, lambda: p < app.P(2))
p.a = 3
assert isinstance(hash(p), int)
