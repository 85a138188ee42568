assert app.lazy == 'L' and dir(app) == ['X', 'lazy'] and not hasattr(app, 'other')
