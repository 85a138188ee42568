assert app.B().g == 'g' and b.g == 'g'
