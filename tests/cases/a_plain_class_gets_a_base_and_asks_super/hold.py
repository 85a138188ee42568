one, sub = app.Gzip("a"), app.Sub("b")
answer, size, make = one.answer, one.size, app.Gzip.make
inner = app.Gzip.Inner()
function = app.Gzip.answer
