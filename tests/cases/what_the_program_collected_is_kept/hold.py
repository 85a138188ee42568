items = app.ITEMS
if live:
    app.CACHE["k"] = 1
    items.append(3)
