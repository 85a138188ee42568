import gc

assert app.f() == app.C().m() == "new"
text = project.path("app.py").read_text()
for number in range(40):  # more than can be undone
    project.write("app.py", text.replace('"new"', repr(number)))
    assert project.refresh()
gc.collect()
assert app.f() == app.C().m() == 39
assert [code() for code in codes] == [None, None]
