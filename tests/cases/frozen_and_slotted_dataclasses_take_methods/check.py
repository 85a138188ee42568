import dataclasses

import pytest

assert p.f() == "v2"
assert q.f() == "q2"
assert app.P(1) == p
assert hash(p) == hash(app.P(1))
with pytest.raises(dataclasses.FrozenInstanceError):
    p.x = 3
