inner = app.outer(str)
