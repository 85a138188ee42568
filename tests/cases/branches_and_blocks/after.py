import contextlib

FLAG = True

if FLAG:
    def pick():
        return "new one"
else:
    @contextlib.contextmanager
    @contextlib.contextmanager
    def pick():
        yield "three"

try:
    import no_such_module_at_all
except ImportError:
    def fallback():
        return "new"

with contextlib.suppress(ValueError):
    def inside():
        return "new"

for _ in range(1):
    def looped():
        return "new"
