assert app.shown() == app.SIZE == 2
if live:
    assert app.make("a") == ("a", 1)
    told = {note.qualname for note in patch.notes if note.slug == "stale-value"}
    assert told == {"make", "send"}
