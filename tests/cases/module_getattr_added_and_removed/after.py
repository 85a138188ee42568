X = 1
def __getattr__(name):
    if name == 'lazy': return 'L'
    raise AttributeError(name)
def __dir__(): return ['X', 'lazy']
