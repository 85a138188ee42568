f, g = a.f, b.g
