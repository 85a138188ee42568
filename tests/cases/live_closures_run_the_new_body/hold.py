step = app.counter(5)
if live:
    assert step() == ("old", 6)
else:
    step = app.counter(6)
