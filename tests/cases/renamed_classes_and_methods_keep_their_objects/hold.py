k = app.K()
if live:
    held, o, km = app.old_name, app.OldC(), k.meth
