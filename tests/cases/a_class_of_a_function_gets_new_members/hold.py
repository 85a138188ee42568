Local, Inner = app.make("t"), app.Outer().make()
o, i = Local(), Inner()
hi = o.hi
MISSING = app.sentinel("elsewhere")
