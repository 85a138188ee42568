base, stats, error = app.Base(), app.Stats(), app.Error()
