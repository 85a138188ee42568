kept, scope = app.kept, app.scope
