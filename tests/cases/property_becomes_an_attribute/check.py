assert c.v == "attr"
c.v = 1
assert c.v == 1
