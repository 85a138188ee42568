assert inner() == 1 and inner() == 2
assert mid()() == 3
