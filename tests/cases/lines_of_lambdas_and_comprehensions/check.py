import traceback


def line_of_failure(function):
    try:
        function()
    except ZeroDivisionError as error:
        return traceback.extract_tb(error.__traceback__)[-1].lineno


assert line_of_failure(f) == 3
assert line_of_failure(g) == 7
assert line_of_failure(app.K[0]) == 10
if live:
    assert line_of_failure(k) == 10
