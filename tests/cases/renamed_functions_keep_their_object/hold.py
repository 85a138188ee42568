function = getattr(app, "old_name", None)
cls = getattr(app, "OldName", None)
instance = cls() if live else None
