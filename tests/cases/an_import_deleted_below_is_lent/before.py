import os.path
import sys
from json import dumps as _dumps, loads

if sys.platform == "nowhere":
    FLAG = 1
else:
    FLAG = 2
TEXT = _dumps([1])


class C:
    text = _dumps("a")

N = len(_dumps([1]))
del sys, _dumps
