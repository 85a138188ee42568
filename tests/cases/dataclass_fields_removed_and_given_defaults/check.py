assert app.P(1).show() == {"x": 1, "z": 6, "tags": []}
assert p.show() == {"x": 1, "z": 6, "tags": []}
