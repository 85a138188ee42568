import inspect

a, b = app.a, app.b
i = b()
