assert f() == app.f() == 3
