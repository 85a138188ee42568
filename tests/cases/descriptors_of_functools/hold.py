c, show = app.C(), app.show
