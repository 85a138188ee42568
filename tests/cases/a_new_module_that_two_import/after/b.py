import shared
def fb(): return shared.note('b')
