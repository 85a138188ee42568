assert app.C.opts == 3 and c.opts == 3
