import dataclasses

P, p = app.P, app.P(1)
