import lib, app
go, inst, held = app.go, lib.OldClass(), lib.old_name
