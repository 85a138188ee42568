assert app.C is C
assert C.__bases__ == (app.B,)
assert c.both() == d.both() == ("B", "B")
assert isinstance(d, app.B)
assert not isinstance(d, app.A)
