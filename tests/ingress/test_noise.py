"""What others log of hostile connections."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from router.ingress.noise import Exhausted


def kept(moments: Sequence[float], text: str) -> list[str]:
    """Return the messages that one filter keeps, logged at these moments."""
    one = Exhausted(pause=10.0)
    shown = []
    for moment in moments:
        try:
            raise OSError(24, "Too many open files")
        except OSError as error:
            exc_info = (type(error), error, error.__traceback__)
        record = logging.LogRecord("asyncio", logging.ERROR, __file__, 1, text, (), exc_info)
        record.created = moment
        if one.filter(record):
            shown.append(logging.Formatter().format(record))
    return shown


def test_that_no_connection_can_be_accepted_is_said_once_in_a_while_and_in_one_line() -> None:
    text = "socket.accept() out of system resource\nsocket: <asyncio.TransportSocket fd=6>"
    shown = kept([0.0, 0.1, 5.0, 9.9, 10.0, 10.1, 30.0], text)
    assert len(shown) == 3
    assert all("\n" not in line and "ulimit -n" in line for line in shown)


def test_everything_else_is_kept_whole() -> None:
    shown = kept([0.0, 0.1], "Task was destroyed but it is pending!")
    assert len(shown) == 2
    assert "Traceback" in shown[0]
