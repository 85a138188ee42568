assert pools[0].count() == ("new", 2, 3)
assert app.Pool.live is list_of_pools
assert app.Pool.live == pools
