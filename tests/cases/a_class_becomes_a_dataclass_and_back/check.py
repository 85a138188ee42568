assert repr(app.P(1)) == 'P(x=1, y=0)' and app.P(1) == app.P(1) and repr(p) == 'P(x=1, y=0)'
