assert s(1) == ('RAW', 1) and cm() == 'CC' and c.p == 'new' and c.s(2) == ('RAW', 2)
