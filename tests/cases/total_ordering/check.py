assert two < one
assert one > two
assert one >= two
