plain, wrapped = app.plain, app.wrapped
cart = app.Cart()
bound, unbound = cart.total, app.Cart.total
