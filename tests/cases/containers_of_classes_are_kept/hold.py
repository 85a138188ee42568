pools = [app.Pool(), app.Pool()]
list_of_pools = app.Pool.live
