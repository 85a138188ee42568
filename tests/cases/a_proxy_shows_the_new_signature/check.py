assert f(1) == (1, 3, 4)
assert str(inspect.signature(f)) == '(a, b=3, c=4)', inspect.signature(f)
assert app.f.__doc__ == 'doc', app.f.__doc__
