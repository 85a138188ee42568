import weakref

codes = [weakref.ref(app.f.__code__), weakref.ref(app.C.m.__code__)]
