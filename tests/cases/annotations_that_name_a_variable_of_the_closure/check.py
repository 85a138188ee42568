a = inner.__annotations__
if live and a != {'x': str}:
    import livepatch
    assert patch.notes, (a, 'silent')
else:
    assert a == {'x': str}, a
