mid = app.outer(); inner = mid()
