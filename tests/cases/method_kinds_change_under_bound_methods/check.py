assert d.a() == 'D' and app.D.a() == 'D' and app.C.a() == 'C'
assert d.b() == 'now static' and d.c() == 'D'
