assert f() == "new"
project.path("app.py").unlink()
gone = project.refresh()
assert gone.ok
assert not gone.changes
assert f() == "new"
project.write("app.py", "def f():\n    return 'back'\n")
assert project.refresh().ok
assert f() == "back"
