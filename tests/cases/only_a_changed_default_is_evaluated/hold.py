f = app.f
f()[0].append("kept")
first = f()[0]
del app.MADE[:]
