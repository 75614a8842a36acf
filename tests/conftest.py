"""What every test stands on."""

from __future__ import annotations

import signal

# A runner that a shell has put into the background ignores interrupts, and so would the processes of its tests.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
