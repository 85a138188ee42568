c = app.C(); held = [c.__call__, c]
