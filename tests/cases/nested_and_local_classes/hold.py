inner, local = app.Outer.Inner(), app.make()
