still_old = (
    sorted(item.qualname for item in patch.pending() if item.kind == "suspended")
    if live
    else []
)
loop.call_soon_threadsafe(go_on.set)
thread.join(60)
if live:  # these had begun before the patch
    assert result == [("old", 0), ("old", 1)]
    assert still_old == ["main", "work", "work"]
    result.clear()
    run()
loop.close()
assert result == [("new", 0), ("new", 1), ("new", 2)]
