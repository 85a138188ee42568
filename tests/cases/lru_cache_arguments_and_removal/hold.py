from m import f

o = m.C()
f(1)
o.m(1)
