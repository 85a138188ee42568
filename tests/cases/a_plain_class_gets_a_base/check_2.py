assert c.own() == -1
assert own() == -1
assert m.C().own() == -1
