hi = app.make("t")().hi
