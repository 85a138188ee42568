check_sum, unchanged = test_rows.check_sum, test_rows.unchanged
test_one = test_rows.TestRows().test_one
