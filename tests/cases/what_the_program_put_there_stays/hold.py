f = app.f
f.calls = 3
if live:
    app.g = lambda: "the program's own"
    app.extra = 1
    app.C.extra = 2
