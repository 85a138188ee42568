from shared import note, STATE
def fa(): return note('a')
