round_, square = app.Round(), app.Square()
