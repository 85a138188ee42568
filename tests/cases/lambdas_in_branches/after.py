import sys
if sys.platform:
    h = lambda: 10
    def g(): return 10
    i = 2
else:
    h = None
try:
    import json
    def t(): return 'JSON'
except ImportError:
    def t(): return 'none'
finally:
    def z(): return 'Z'
