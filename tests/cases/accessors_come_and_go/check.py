c.x = 5
assert c.x == 5
del c.x
assert c.x is None
