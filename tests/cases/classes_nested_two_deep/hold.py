i = app.Outer().mk()
d = app.Outer.Inner.Deep()
