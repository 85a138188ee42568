assert app.__doc__ is None
