def traced(call, *arguments):
    lines.clear()
    outside = sys.gettrace()
    sys.settrace(tracer)
    try:
        return call(*arguments)
    finally:
        sys.settrace(outside)


if live:
    # the other way round, in the middle of a traced call
    after = project.path("app.py").read_text()
    project.write("app.py", before)
    assert traced(app.caller, 1, between) == (101, 2, "new")
    assert patches[0].ok
    assert lines[-1][0] == "caller"  # the frame that was stopped went on, traced
    assert ("callee", 5) in lines and ("callee", 2) in lines
    assert traced(app.caller, 1, int) == (2, 2)
    assert [line for name, line in lines if name == "callee"] == [2, 2]
    assert [line for name, line in lines if name == "caller"] == [6, 7, 8, 9]
    project.write("app.py", after)
    assert project.refresh().ok
    assert traced(app.caller, 1, int) == (101, 101, "new")
    assert [line for name, line in lines if name == "callee"] == [5, 6, 5, 6]
    assert [line for name, line in lines if name == "caller"] == [10, 11, 12, 13]
assert app.caller(1, int) == (101, 101, "new")
