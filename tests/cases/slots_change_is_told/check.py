assert patch.ok
fresh = app.C()
fresh.a, fresh.b = 1, 2
assert fresh.get() == ("new", 1)
if app.C is not C:
    assert {"layout", "old-instances"} <= {note.slug for note in patch.notes}
else:
    assert c.get() == ("new", 1)
