if live:
    import livepatch
    p = patch
    assert app.MODE == 'bb' and (app.SIZE == 2 or p.notes) and (app.handler() == 'other' or p.notes)
