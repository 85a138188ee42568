from app import f

c = app.C()
cm = c.m
