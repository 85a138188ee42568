assert f(1) == app.f(1) == 3
assert vars(f) == vars(app.f) == {"calls": 7}
