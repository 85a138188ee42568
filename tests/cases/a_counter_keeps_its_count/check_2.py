assert app.bump() == 110
