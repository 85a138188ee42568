f, c, log = a.f, b.C(), a.LOG
