import inspect
import traceback

before, fail, inner = app.before, app.C().fail, app.make()
