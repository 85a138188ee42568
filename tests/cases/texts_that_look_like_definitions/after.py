TEXT = '''
def not_a_def():
    return 2
'''
def f(): return """
class Nope: pass
""" + \
    'x'
Y = (1 +
     3)
