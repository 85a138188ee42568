HOOKS = []
def hook(f):
    HOOKS.append(f)
    return f
@hook
def a(): return 'a'
