assert patch.ok
assert step() == 1
assert [note.slug for note in patch.notes] == ["closure-shape"]
assert "other" in patch.notes[0].message
assert app.make(1)() == 3
