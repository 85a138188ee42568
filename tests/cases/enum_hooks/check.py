assert app.A('nope') is app.A.Y and app.A.Z.value == 'z' and app.A.X is X
