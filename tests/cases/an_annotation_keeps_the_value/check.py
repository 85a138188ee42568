assert app.__annotations__ == {"CACHE": dict[str, int], "TWICE": int, "OTHER": list[int]}
assert app.C.__annotations__ == {"known": list[int]}
assert (app.TWICE, app.OTHER) == (1, [2])
if live:
    assert app.CACHE is cache
    assert app.PLAIN is plain
    assert (app.CACHE, app.PLAIN, app.C.known, app.C.told) == ({"a": 1}, {"b": 1}, [1], [2])
    assert not patch.notes
