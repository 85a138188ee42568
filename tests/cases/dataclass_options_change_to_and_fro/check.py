import pytest

assert hash(app.P(1)) == hash(app.P(1)) and app.P(1) < app.P(2) and hash(p) == hash(app.P(1)) and p < app.P(2)
import dataclasses
pytest.raises(dataclasses.FrozenInstanceError, setattr, p, 'a', 2)
