f = app.f
f(1); f('')
