assert step() == 5
assert step(1) == 9
assert step.__doc__ == "Step."
