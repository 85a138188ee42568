x = 1; f = lambda: x; y = 2
class C: a = 1; b = lambda self: 1; c = 3
def g(): a = 1; return a
async def h(): return 1
