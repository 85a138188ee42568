assert (h(), g(), t(), z()) == (10, 10, 'JSON', 'Z')
assert app.h() == 10
