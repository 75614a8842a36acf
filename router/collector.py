"""Python's collector of cyclic garbage, kept still while much is made that is there to stay.

It looks through everything again whenever a few hundred objects have been added, which doubles the time
that a large configuration takes to load, and finds nothing.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Generator
from contextlib import contextmanager

MANY = 100_000  #: new objects whose first look would take a tenth of a second or more, and stop everything else

_lock = threading.Lock()
_pauses = 0
_was_on = False


@contextmanager
def paused() -> Generator[None, None, None]:
    """Keep it still while what is inside runs, in any thread; it goes on, if it was on, after the last of them.

    Where very much was made, that is set aside for good: the collector never looks at it, and it goes, as most
    does, when nothing refers to it any more. Cycles that came to be meanwhile stay; these are few.
    """
    global _pauses, _was_on
    with _lock:
        if _pauses == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _was_on:
                if gc.get_count()[0] > MANY:
                    gc.freeze()
                gc.enable()
