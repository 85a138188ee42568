import pytest

pytest.raises(TypeError, app.B)
assert b.f() == 1 and app.B.__abstractmethods__ == {'g'}
