def edit():
    text = project.path("app.py").read_text()
    project.write("app.py", text.replace("v2", "v3"))
    patches.append(project.refresh())


patches = []
assert app.down(2, edit) == ["v2", "v2", "v2"]  # who is inside finishes as it began
assert app.down(1, lambda: None) == ["v3", "v3"]
assert {note.slug for note in patches[0].notes} == {"old-frame"}
assert {note.line for note in patches[0].notes} == {3, 5}
