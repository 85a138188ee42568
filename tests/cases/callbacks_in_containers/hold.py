import functools, weakref, collections, operator

c = app.C()
held = {
    "a": [app.f, (app.f,)],
    "p": functools.partial(app.f),
    "w": weakref.WeakMethod(c.m),
    "k": app.C.k,
    "s": app.C.s,
    "dq": collections.deque([c.m]),
    "mc": operator.methodcaller("m"),
}


class Holder:
    pass


h = Holder()
h.cb = app.f
