X = 1
def __getattr__(name):
    if name == 'lazy': return 'M'
    raise AttributeError(name)
def __dir__(): return ['X', 'lazy']
