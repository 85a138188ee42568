if live:
    assert app.bump() == 12
