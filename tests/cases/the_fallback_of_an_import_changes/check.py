assert app.f() == "fallback"
