C, c = app.C, app.C()
C.shared.append(1)
del app.RUNS[:]
