p = m.mk()
