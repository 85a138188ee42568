assert m.go() == "y1"
