from lib import old_name, OldClass
def go(): return old_name(OldClass().m())
