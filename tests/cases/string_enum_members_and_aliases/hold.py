a = app.S.A
