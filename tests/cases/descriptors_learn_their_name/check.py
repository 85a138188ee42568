assert c.a == ("C", "a")
assert c.b == ("C", "b")
