assert o.f(1) == (1, 3), o.f(1)
assert L.f.__annotations__ == {'x': bytes, 'y': int}, L.f.__annotations__
