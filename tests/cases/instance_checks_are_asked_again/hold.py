from collections.abc import Sized, Iterable
f, s = app.Foreign(), app.Sq()
assert isinstance(f, app.Shape)
isinstance(s, app.Shape)  # remembered
assert not isinstance(s, Iterable)
