assert f() == app.f() == "second"
