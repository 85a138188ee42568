point, runner, level, slotted, failure = held
assert point.show() == ("new", 1)
assert runner.go() == "new"
assert level.show() == slotted.show() == failure.show() == "new"
try:
    raise failure
except app.Failure as caught:
    assert caught is failure
