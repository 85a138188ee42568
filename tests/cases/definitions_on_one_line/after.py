x = 1; f = lambda: x + 100; y = 2
class C: a = 1; b = lambda self: 10; c = 3
def g(): a = 2; return a
async def h(): return 1
