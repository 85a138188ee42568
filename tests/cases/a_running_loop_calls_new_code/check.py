go_on.release(2)
thread.join(60)
assert out == (["old", "new"] if live else ["new!", "new!"])
if live:
    assert [note.slug for note in patch.notes] == ["old-frame"]
