app.CACHE["a"] = app.PLAIN["b"] = 1
app.C.known.append(1)
app.C.told.append(2)
cache, plain = app.CACHE, app.PLAIN
