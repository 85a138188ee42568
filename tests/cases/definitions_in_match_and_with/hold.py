h = app.handler
