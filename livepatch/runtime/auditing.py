"""Whether a commit can be interrupted: by a Python audit hook, or where there is no global lock.

Assigning `__code__` raises an audit event. A hook written in Python runs bytecode then, and with
it other threads, in the middle of what is one C call otherwise (MECHANISMS, A). Hooks cannot
be listed, so the time of an event is compared with that of an empty call.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from livepatch import interp

ROUNDS = 40
SLOWER = 30
"""Nanoseconds that an event takes longer where a Python hook looks at it (measured: 60 to 400).

A wrong alarm only makes a commit slower.
"""


def is_interruptible() -> bool:
    """Tell whether other threads can run between two swaps of one commit."""
    return interp.FREE_THREADED or has_python_hook()


def has_python_hook() -> bool:
    """Tell whether an audit hook runs Python code."""
    event = _fastest(lambda: sys.audit("livepatch.probe"))
    return event - _fastest(lambda: sys.intern("livepatch.probe")) > SLOWER


def _fastest(call: Callable[[], object]) -> int:
    clock = time.perf_counter_ns
    best = 1 << 60
    for _ in range(ROUNDS):
        begin = clock()
        call()
        best = min(best, clock() - begin)
    return best
