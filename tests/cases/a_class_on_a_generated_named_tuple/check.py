assert p.total == 12 and app.P(1).total == 15 and app.P(1) == (1, 5)
