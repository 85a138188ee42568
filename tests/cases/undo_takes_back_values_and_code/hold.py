c = m.C()
f = m.f
