import pytest

c.x = 5
assert c.x == ('p', 10)
pytest.raises(AttributeError, delattr, c, 'x')
