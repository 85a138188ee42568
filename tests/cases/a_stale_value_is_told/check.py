assert app.TABLE is table
assert [(note.slug, note.qualname) for note in patch.notes] == [("stale-value", "TABLE")]
