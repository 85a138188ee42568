assert f(1) == app.f(1) == ("new", 1)
