b = app.B()
bf = b.f
