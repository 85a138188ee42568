HOOKS = []
def hook(f):
    HOOKS.append(f)
    return f
@hook
def z(): return 'z'
@hook
def a(): return 'A'
