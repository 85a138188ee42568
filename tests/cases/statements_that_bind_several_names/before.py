a, b = 1, 2
c = (d := 5) + 1
tmp = 3
keep = tmp
del tmp
