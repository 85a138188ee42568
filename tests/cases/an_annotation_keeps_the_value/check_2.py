assert app.__annotations__ == {
    "CACHE": dict[str, str], "PLAIN": "dict", "TWICE": int, "OTHER": list[int],
}  # fmt: skip
assert app.C.__annotations__ == {"known": list[str], "told": tuple}
if live:
    assert (app.CACHE, app.PLAIN, app.C.known, app.C.told) == ({"a": 1}, {"b": 1}, [1], [2])
    import livepatch

    assert livepatch.undo(2).ok
    assert app.__annotations__ == {"PLAIN": dict}
    assert app.C.__annotations__ == {"told": list}
    assert app.CACHE is cache
