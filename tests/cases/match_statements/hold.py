f, p = app.f, app.Pt(1, 0)
