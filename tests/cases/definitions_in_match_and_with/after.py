import contextlib
MODE = 'a'
if (n := len(MODE)) > 0:
    SIZE = n
match MODE:
    case 'a':
        def handler(): return 'AA'
    case _:
        def handler(): return 'other'
with contextlib.suppress(KeyError):
    VAL = {}['x']
    UNREACHED = 1
