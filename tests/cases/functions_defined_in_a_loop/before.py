FUNCS = []
for i in range(3):
    def fn(x, i=i): return x + i
    FUNCS.append(fn)
