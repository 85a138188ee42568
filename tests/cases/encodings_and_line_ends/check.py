assert f() == "\xe9\xe8"
assert f.__code__.co_firstlineno == 1
