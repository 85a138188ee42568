assert a.go() == b.value() == c.value() == held() == ("new", 2)
assert a.value is d.value
