assert first([1]) == ("new", 1)
assert [str(p) for p in first.__type_params__] == ["T", "U"]
assert box.get(2) == ("new", 2)
assert box.put(3) == ("put", 3)
