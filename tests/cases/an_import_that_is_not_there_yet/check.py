if live:
    assert not patch.ok
    assert f() == "f1"
