assert f() == 'é' and app.X == 2
