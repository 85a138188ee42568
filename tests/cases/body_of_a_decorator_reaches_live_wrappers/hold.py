f, m = app.f, app.C().m
