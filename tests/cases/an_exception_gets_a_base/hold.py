E2 = app.E2
