o = app.F(); fmt = o.fmt
