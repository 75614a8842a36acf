"""What an exception means to people: one short reason, without addresses, and whether it is a bug."""

from __future__ import annotations

import asyncio
import os

import aiohttp

from router.errors import DeliveryError
from router.printable import one_line

LONGEST_REASON = 1000
"""Characters that are kept of a reason."""


def expected(error: BaseException) -> bool:
    """Say whether the error belongs to everyday life (network, time, a verdict), and needs no traceback."""
    return isinstance(error, DeliveryError | aiohttp.ClientError | OSError)


def reason_of(error: BaseException) -> str:
    """Return one line on what happened; never raises, however odd the exception.

    Errors of the network name their class and at most the host: their own texts may quote whole
    addresses, and a path or query can be a credential. The caller takes known secrets out.
    """
    try:
        reason = _reason(error)
    except BaseException:  # a text that raises SystemExit must not end the process
        reason = f"{type(error).__name__} (its text cannot be read)"
    return one_line(reason, LONGEST_REASON) or type(error).__name__


def _reason(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, DeliveryError):
        return str(error.reason)
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{name}: {error.host}:{error.port} ({_plain(error.os_error)})"
    if isinstance(error, aiohttp.ClientResponseError):
        return f"{name}: HTTP {error.status}"
    if isinstance(error, aiohttp.ClientError | OSError):
        return _plain(error)
    if isinstance(error, asyncio.CancelledError):
        return "CancelledError: the action cancelled itself"
    text = str(error)
    return f"{name}: {text}" if text else name


def _plain(error: BaseException) -> str:
    name = type(error).__name__
    number = getattr(error, "errno", None)
    return f"{name}: {os.strerror(number)}" if isinstance(number, int) and number > 0 else name
