"""Reaches the host of an address, and sends nothing but the handshake of TLS."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import re
import socket
import ssl

from yarl import URL

from router.errors import Retry

PATIENCE = 8.0
"""Seconds until a host counts as not reachable: less than a probe has, so that the others are told as well."""


async def knock(address: str, *, patience: float = PATIENCE) -> str:
    """Connect to the host of an http(s) address and hang up; return what answered: `api.acme.dev:443 (TLS)`.

    Raises Retry saying in plain words why not: an unknown host, a closed port, a certificate that is not
    accepted, no answer within `patience` seconds. No request is made; of the address only the host is told.
    """
    url = URL(address)
    host, port, secure = url.host or "", url.port or 0, url.scheme == "https"
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        context = await asyncio.to_thread(ssl.create_default_context) if secure else None
        async with asyncio.timeout(patience):
            _, writer = await asyncio.open_connection(host, port, ssl=context, happy_eyeballs_delay=0.25)
    except (OSError, UnicodeError) as error:
        raise Retry(f"no connection to {shown}: {_told(error, host)}") from None
    writer.close()
    with contextlib.suppress(OSError):  # it was reached, however it takes the leave
        await writer.wait_closed()
    return f"{shown} (TLS)" if secure else shown


def _told(error: OSError | UnicodeError, host: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message.rstrip('.')}"
    if isinstance(error, ssl.SSLError):
        if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
            return "what listens there does not speak TLS: is the address http:// and not https://?"
        return f"TLS failed ({error.reason or type(error).__name__})"
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"the host `{host}` is not known"
    several = re.findall(r"\[Errno (\d+)\]", str(error))  # a name of several addresses: one error for each
    number = error.errno or (int(several[0]) if several else 0)
    if number == errno.ECONNREFUSED:
        return "nothing listens there"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return os.strerror(number) if number > 0 else "the connection was broken"
