assert held["a"][0]() == held["a"][1][0]() == held["p"]() == h.cb() == "f2"
assert held["w"]()() == held["dq"][0]() == held["mc"](c) == "m2"
assert held["k"]() == "k2"
assert held["s"]() == "s2"
