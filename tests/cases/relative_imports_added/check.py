assert pkg.a.f() == "fgg"
