c = app.C()
