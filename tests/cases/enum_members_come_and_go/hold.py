red = m.Color.RED
C = m.Color
