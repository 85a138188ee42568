from m import f

k = m.K()
km = k.m
