for manager in (kept, scope, app.kept, app.scope):
    with manager() as value:
        assert value == "new"
