assert (f(1), f(""), f([])) == ("any", "str", "list")
if live:
    import livepatch

    assert livepatch.undo().ok
    assert (f(1), f(""), f([])) == ("int", "any", "any")
    assert livepatch.redo().ok
    assert (f(1), f(""), f([])) == ("any", "str", "list")
