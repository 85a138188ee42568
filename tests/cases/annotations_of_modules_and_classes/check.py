assert app.__annotations__ == {"B": str, "D": list}
assert C.__annotations__ == {"b": str, "d": list}
assert not hasattr(C, "a")
