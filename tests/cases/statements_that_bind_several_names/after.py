a, b = b0, a0 = 10, 20
c = (d := 50) + 1
tmp = 3
keep = tmp
del tmp
