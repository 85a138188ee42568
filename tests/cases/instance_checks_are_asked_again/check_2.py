assert isinstance(s, app.Shape) and not isinstance(s, Iterable)
