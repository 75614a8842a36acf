"""Exit codes, and the one way for a command to end early."""

from __future__ import annotations

FINE = 0
AT_FAULT = 1  #: the input is at fault: the configuration, an id, a filter
USAGE = 2  #: the command was called wrongly
UNREACHABLE = 3  #: something could not be reached: a port, the journal, the running process


class Stop(Exception):
    """Ends the command with a message on standard error and an exit code."""

    def __init__(self, message: str = "", code: int = AT_FAULT) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
