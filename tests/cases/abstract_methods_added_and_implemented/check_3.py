import pytest

assert app.B().f() == 'base' and b.f() == 'base'
pytest.raises(TypeError, app.A)
