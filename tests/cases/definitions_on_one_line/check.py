assert f() == 101 and c.b() == 10 and cb() == 10 and app.g() == 2 and app.y == 2
