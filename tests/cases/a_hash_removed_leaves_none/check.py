import pytest

assert c(3) == 2 and held[0]() == 2 and list(c) == [1, 2] and 5 in c
with c as v: assert v == 2; raise ValueError
pytest.raises(TypeError, hash, c)
