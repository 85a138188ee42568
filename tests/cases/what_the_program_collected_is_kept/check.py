if live:
    assert app.CACHE == {"k": 1}
    assert app.ITEMS is items
    assert app.f() == 6
