try:
    app.boom()
except ValueError as e:
    assert e.code == 5
    assert isinstance(e, app.E1)
    assert isinstance(e, E2)
