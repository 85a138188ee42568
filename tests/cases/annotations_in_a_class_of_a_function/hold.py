L = app.make(); o = L()
