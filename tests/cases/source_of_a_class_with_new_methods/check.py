import inspect
assert 'def zero' in inspect.getsource(app.A) and inspect.getdoc(a.one) == 'One, changed.'
assert inspect.getsource(app.A.zero).strip() == 'def zero(self):\n        return 0'
assert [n for n in vars(app.A) if not n.startswith('__')] and app.A.one.__qualname__ == 'A.one' and app.A.zero.__module__ == 'app'
