assert f(1) == 1 and plain(5) == 5 and not hasattr(f, '__wrapped__')
