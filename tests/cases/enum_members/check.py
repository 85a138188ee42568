assert app.Color is Color
assert Color.RED is red
assert [member.name for member in Color] == ["RED", "BLUE", "GREEN"]
assert Color(3) is Color.GREEN is Color["GREEN"]
assert red.show() == ("new", "RED")
assert Color.GREEN.show() == ("new", "GREEN")
assert type(Color.GREEN) is Color
