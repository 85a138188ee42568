import os.path
import sys
from json import dumps as _dumps, loads

if sys.platform in ("nowhere", "elsewhere"):
    FLAG = 1
else:
    FLAG = 3
TEXT = _dumps([1, len(sys.platform) > 0])


class C:
    text = _dumps(["b", os.path.sep])

N = len(_dumps([1]))
del sys, _dumps
