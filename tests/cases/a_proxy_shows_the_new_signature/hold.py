import inspect
f = app.f
