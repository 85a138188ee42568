assert not hasattr(app, 'lazy') and 'X' in dir(app) and '__name__' in dir(app)
