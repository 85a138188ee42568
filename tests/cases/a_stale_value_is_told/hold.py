table = app.TABLE
