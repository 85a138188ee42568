import importlib.util
import sys

spec = importlib.util.spec_from_file_location("other", app.__file__)
other = importlib.util.module_from_spec(spec)
sys.modules["other"] = other
spec.loader.exec_module(other)
if live:
    from livepatch.api import default_patcher

    default_patcher().track(other, app.__file__)
f, g = app.f, other.f
