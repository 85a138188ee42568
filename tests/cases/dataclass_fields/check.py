assert app.P is P
assert p.total() == 33
assert P(1, 2, 3).total() == 6
assert [field.name for field in dataclasses.fields(P)] == ["x", "y", "z"]
assert repr(P(1)) == "P(x=1, y=2, z=30)"
assert P(1, 2, 3) != P(1, 2, 4)
assert P.__match_args__ == ("x", "y", "z")
