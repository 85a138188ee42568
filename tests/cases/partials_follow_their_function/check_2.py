assert app.part(2) == ("b2", 10, 2)
