held = a.f
