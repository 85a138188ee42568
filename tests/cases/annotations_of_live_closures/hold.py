inner = app.outer()
