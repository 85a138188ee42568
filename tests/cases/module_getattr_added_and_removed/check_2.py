assert app.lazy == 'M'
