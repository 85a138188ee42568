assert app.LOG == ["zero", "Second"]
assert app.third == 4
