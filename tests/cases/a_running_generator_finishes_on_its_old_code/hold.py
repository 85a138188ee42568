running = app.numbers()
next(running)
