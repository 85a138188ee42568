use = app.use
