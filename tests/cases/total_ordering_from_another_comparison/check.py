assert a > b and not a < b and a >= b and b <= a and not (a <= b)
