if live:
    assert app.lazy == "l1"
