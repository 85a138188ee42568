assert show([]) == "LIST"
assert app.show([]) == "LIST"
assert show(1) == "INT"
