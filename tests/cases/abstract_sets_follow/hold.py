Square = app.Square
