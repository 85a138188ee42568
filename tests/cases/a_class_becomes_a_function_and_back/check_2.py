assert app.use().n == 6
