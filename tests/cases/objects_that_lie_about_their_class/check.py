assert f() == app.f() == "new"
if live:
    assert patch.ok
    assert [change.qualname for change in patch.changes] == ["import sys", "f"]
