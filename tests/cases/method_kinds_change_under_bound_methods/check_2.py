assert d.a == 'Dp' and d.b() == 'D' and app.D.c() == 'D'
