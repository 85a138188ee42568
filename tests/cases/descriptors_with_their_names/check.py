assert c.b == ('b', 3) and c.d == ('d', 4) and app.C.d.owner is app.C
if live:
    assert c.a == ('a', 10) and app.C.a is fa
