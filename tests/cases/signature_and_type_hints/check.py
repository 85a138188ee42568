assert str(inspect.signature(f)) == "(a: str, *, c: float = 1.5, **kw) -> list"
assert typing.get_type_hints(f) == {"a": str, "c": float, "return": list}
assert f("q", z=1) == "q"
