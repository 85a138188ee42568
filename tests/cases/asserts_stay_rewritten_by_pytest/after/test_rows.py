import math


def check_sum(left, right):
    total = math.fsum(left)
    assert total == right, "added up"


class TestRows:
    def test_one(self):
        rows = [1, 2, 3]
        assert len(rows) == 2


def unchanged(rows):
    assert rows == [1]
