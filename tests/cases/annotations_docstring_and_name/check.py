assert f.__doc__ == app.C.__doc__ == m.__doc__ == "New."
assert str(inspect.signature(f)) in {
    "(a: str, b: 'C' = None) -> bool", '(a: str, b: "C" = None) -> bool'
}
assert typing.get_type_hints(m) == {"return": str}
assert typing.get_type_hints(f)["return"] is bool
