import inspect
import typing

f, m = app.f, app.C().m
