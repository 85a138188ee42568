def run(f):
    return f()
@run
def TABLE():
    return {'a': 2}
def use():
    return TABLE['a']
