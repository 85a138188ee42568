assert app.use() == ("fn", 3)
