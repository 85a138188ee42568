held = app.Point(1), app.Runner(), app.Level.LOW, app.Slotted(), app.Failure()
