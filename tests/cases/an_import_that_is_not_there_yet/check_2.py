assert m.f() == 7
