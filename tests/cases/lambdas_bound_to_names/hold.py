plain, c = app.plain, app.C()
