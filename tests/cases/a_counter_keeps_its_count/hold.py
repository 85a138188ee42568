if live:
    app.bump()
    app.bump()
