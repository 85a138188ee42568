f = app.f
f.calls = 7
