assert run() == "o"
assert app.run.__defaults__ == (app.other,)
