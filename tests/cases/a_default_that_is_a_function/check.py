assert run() == "h2"
assert app.run() == "h2"
