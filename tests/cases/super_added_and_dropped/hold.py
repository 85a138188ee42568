b = app.B()
go, stay = b.go, b.stay
