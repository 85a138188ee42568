held = list(app.FUNCS)
