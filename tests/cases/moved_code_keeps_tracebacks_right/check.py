for f in (before, fail, inner):
    try:
        f()
    except ValueError as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        assert frame.line == f'raise ValueError("{f.__name__}")', frame
assert inspect.getsource(before).splitlines()[1].strip() == "# here"
assert inspect.getsource(app.C).startswith("class C:")
if live:
    assert not [change for change in patch.changes if change.kind.value != "executed"]
