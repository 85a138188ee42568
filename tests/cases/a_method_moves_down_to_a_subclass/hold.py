import a, b
x, y = a.A(), b.B()
held = y.shared
