assert not isinstance(s, app.Shape) and isinstance(f, app.Shape) and isinstance(s, Iterable)
