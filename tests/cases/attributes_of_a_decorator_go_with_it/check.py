assert f(1) == app.f(1) == 2
assert "cache_parameters" in vars(app.f)
assert f.calls == 7
