assert (app.a, app.b, app.b0, app.a0, app.c, app.d) == (10, 20, 10, 20, 51, 50)
assert not hasattr(app, "tmp")
