import pytest

q = app.P(a=1)
assert repr(q) == 'P(a=1, c={}, d=7)' and app.P(a=1, d=1) == app.P(a=1, d=2)
pytest.raises(TypeError, app.P, 1)
assert q.c is not app.P(a=1).c
assert app.P.__match_args__ == ()
if live:
    assert p.b == [2] and p.c == {} and p.d == 7 and p.c is p.c
    assert repr(p) == 'P(a=1, c={}, d=7)'
