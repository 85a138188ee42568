assert inspect.getsource(a) == "def a():\n    # comment\n    return 1\n"
assert inspect.getsource(b()) == "    def inner():\n\n        return 2\n"
if live:
    assert inspect.getsource(i) == "    def inner():\n\n        return 2\n"
