f = m.f
