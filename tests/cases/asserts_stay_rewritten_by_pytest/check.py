import traceback

import pytest


def said(call, *arguments):
    with pytest.raises(AssertionError) as caught:
        call(*arguments)
    return str(caught.value), traceback.extract_tb(caught.tb)[-1].lineno


for call, arguments, words, line in (
    (check_sum, ([1, 2], 4), ("added up", "assert 3.0 == 4"), 6),
    (test_one, (), ("assert 3 == 2", "len([1, 2, 3])"), 12),
    (unchanged, ([2],), ("assert [2] == [1]",), 16),
):
    text, number = said(call, *arguments)
    assert number == line
    if live:  # the test suite has the rewriting loader; a fresh interpreter has not
        assert all(each in text for each in words), text
