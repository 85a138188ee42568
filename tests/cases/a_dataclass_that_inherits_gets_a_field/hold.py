b = app.B()
