assert c.a == ("property", 3)
assert c.b() == ("class", 3)
assert c.c() == "static"
assert c.d() == ("method", 3)
assert c.e == ("cached", 3)
