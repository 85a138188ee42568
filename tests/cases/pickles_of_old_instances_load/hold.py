import pickle

data = pickle.dumps((app.C(), app.f))
