import sys
if sys.platform:
    h = lambda: 1
    def g(): return 1
    i = 2
else:
    h = None
try:
    import json
    def t(): return 'json'
except ImportError:
    def t(): return 'none'
finally:
    def z(): return 'z'
