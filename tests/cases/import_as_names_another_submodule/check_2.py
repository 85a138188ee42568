assert m.go() == "y2"
