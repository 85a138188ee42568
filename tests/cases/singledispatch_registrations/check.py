assert show(1) == "INT"
assert show("a") == "STR"
assert show([]) == "list"
assert show(2.0) == "any"
