import contextlib

FLAG = True

if FLAG:
    def pick():
        return "old one"
else:
    @contextlib.contextmanager
    def pick():
        yield "two"

try:
    import no_such_module_at_all
except ImportError:
    def fallback():
        return "old"

with contextlib.suppress(ValueError):
    def inside():
        return "old"

for _ in range(1):
    def looped():
        return "old"
