import pytest

assert app.lazy == "l2"
with pytest.raises(AttributeError):
    app.nope
