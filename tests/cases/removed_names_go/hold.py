gone = getattr(app, "gone", None)
kept = app.Kept()
method = getattr(kept, "gone", None)
