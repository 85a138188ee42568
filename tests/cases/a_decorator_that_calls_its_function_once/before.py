def run(f):
    return f()
@run
def TABLE():
    return {'a': 1}
def use():
    return TABLE['a']
