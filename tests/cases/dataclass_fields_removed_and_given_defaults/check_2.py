assert app.P(1).show() == {"x": 1, "z": 60, "tags": [], "more": {}}
assert p.more == {}
