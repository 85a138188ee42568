from lib import new_name, NewClass
def go(): return new_name(NewClass().m())
