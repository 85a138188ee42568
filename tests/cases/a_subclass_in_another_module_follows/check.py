assert o.f() == "Ab"
assert o.h() == "h"
assert not hasattr(o, "g")
