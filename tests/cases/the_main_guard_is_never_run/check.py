assert app.RAN == []
assert [note.slug for note in patch.notes] == ["not-rerun"]
