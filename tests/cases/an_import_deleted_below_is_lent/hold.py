assert not hasattr(app, "sys")
