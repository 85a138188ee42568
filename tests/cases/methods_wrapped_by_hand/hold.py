c = app.C(); s, cm = c.s, c.c
