assert pick() == app.pick() == "new one"
assert fallback() == inside() == looped() == "new"
assert app.pick is pick
