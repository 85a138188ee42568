C = app.C
