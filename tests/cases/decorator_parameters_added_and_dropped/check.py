assert f(1) == ('-', [1, 1, 1]) and plain(5) == ('+', [5])
