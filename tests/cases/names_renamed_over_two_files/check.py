assert go() == 3 and not hasattr(app, 'old_name') and not hasattr(lib, 'OldClass')
if live:
    assert isinstance(inst, lib.NewClass) and type(inst).__name__ == 'NewClass' and held is lib.new_name
