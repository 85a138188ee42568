import pytest

assert hash(c)
assert not callable(c)
with pytest.raises(TypeError):
    len(c)
