h, g, t, z = app.h, app.g, app.t, app.z
