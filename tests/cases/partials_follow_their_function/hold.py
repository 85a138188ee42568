from app import cm, part

k = app.K()
