o = b.B()
