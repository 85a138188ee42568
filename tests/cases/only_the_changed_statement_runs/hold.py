app.STATE["x"] = 1
state = app.STATE
del app.RUNS[:]
