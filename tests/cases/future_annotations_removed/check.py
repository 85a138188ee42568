assert f.__annotations__ == {'x': int, 'return': str}, f.__annotations__
