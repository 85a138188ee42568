h = app.get_type_hints(g)
assert h['args'] is bytes and h['kw'] == dict[str, int] and h['return'] == list[int]
assert app.get_type_hints(app.A.f)['p'] is int and app.get_type_hints(af)['return'] is app.B
