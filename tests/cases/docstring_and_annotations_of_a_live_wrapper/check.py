assert f.__doc__ == 'new', f.__doc__
assert f.__annotations__ == {'a': str, 'return': str}, f.__annotations__
