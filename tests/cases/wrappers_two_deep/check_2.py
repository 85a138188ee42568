assert f('x') == 'PZxx..' == app.f('x')
import inspect
assert inspect.unwrap(f).__code__ is not f.__code__ and f.__name__ == 'f'
