assert app.X == 14 or live
assert not hasattr(app, 'tmp')
if live:
    import livepatch
    assert app.X == 14 or patch.notes
