TEXT = '''
def not_a_def():
    return 1
'''
def f(): return """
class Not: pass
""" + \
    'x'
Y = (1 +
     2)
