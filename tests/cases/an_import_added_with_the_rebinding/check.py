assert use() == "new"
assert user.VALUE is base.other
