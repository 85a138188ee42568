o = a.mk()
