"""What actions that speak HTTP share: the judge of answers, safe reasons, addresses, header names, signatures."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated
from urllib.parse import unquote

import aiohttp
from pydantic import AfterValidator
from yarl import URL

from router.errors import Permanent, Retry

_RETRIED = frozenset({408, 425, 429})
_YEAR = 366 * 86400.0


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds of a Retry-After header, in either form of RFC 9110 10.2.3; None if absent, or nonsense.

    It is never less than 0, nor more than a year, so that it can be added to any time.
    """
    value = next((v for k, v in headers.items() if k.lower() == "retry-after"), "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            return None
        seconds = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    return min(max(0.0, seconds), _YEAR) if math.isfinite(seconds) else None


def check_status(
    status: int,
    headers: Mapping[str, str],
    body: str = "",
    *,
    success: Callable[[int], bool] = lambda status: 200 <= status < 300,
    now: datetime | None = None,
) -> None:
    """Judge an HTTP answer, for all actions alike: return, or raise Retry or Permanent.

    408, 425, 429 and 5xx may work later (with Retry-After where it was sent); the rest will not. A 429 is
    throttled: it pauses the lane, and counts as no attempt. `body` is quoted in the reason, cut to 200 characters.
    """
    if success(status):
        return
    said = f": {body.strip()[:200]}" if body.strip() else ""
    if status in _RETRIED or status >= 500:
        after = retry_after(headers, now or datetime.now(UTC))
        raise Retry(f"HTTP {status}{said}", after=after, throttled=status == 429)
    raise Permanent(f"HTTP {status}{said}")


def unreachable(error: BaseException) -> Retry:
    """Return the Retry for a request that got no whole answer; its reason names the host, never the address."""
    if isinstance(error, aiohttp.ClientConnectorError):
        why = error.os_error.strerror or type(error.os_error).__name__
        return Retry(f"no connection to {error.host}:{error.port}: {why}")
    if isinstance(error, TimeoutError):
        return Retry("no answer in time")
    return Retry(f"the connection broke before the whole answer was read ({type(error).__name__})")


async def read_answer(answer: aiohttp.ClientResponse, limit: int = 64 * 1024) -> str:
    """Return the text of an answer, cut to `limit` bytes, so that no server can fill the memory."""
    kept = bytearray()
    async for chunk in answer.content.iter_any():
        kept += chunk[: limit - len(kept)]
        if len(kept) >= limit:
            answer.close()  # the rest is not wanted, so the connection cannot be used again
            break
    return kept.decode("utf-8", "replace")


def one_line(text: str) -> str:
    """Return the text; raises ValueError where it holds a line break or another control character."""
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text):
        raise ValueError("holds a line break or another control character")
    return text


def _base_url(text: str) -> str:
    try:
        url = URL(text)
    except ValueError:
        raise ValueError("is no address") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("must be an address that starts with https:// or http:// and names a host")
    if url.user or url.password or re.search(r"[?#]", text):
        raise ValueError("must hold no user, no password and no query")
    return text.rstrip("/")


def address(text: str) -> URL:
    """Return a whole http(s) address without its fragment; raises ValueError.

    A user in it is refused, and so are `.` and `..` steps in its path, encoded ones too: with a value of
    an event in the path they would lead elsewhere than the route says.
    """
    try:
        url = URL(text).with_fragment(None)
        whole = url.scheme in ("http", "https") and url.host and not url.user and not url.password
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("the address is not valid: it needs http(s) and a host, and no user")
    path = unquote(unquote(re.split(r"[?#]", text.partition("://")[2])[0]))
    if {".", ".."} & set(re.split(r"[/\\]", path)):
        raise ValueError("the path holds `.` or `..` as a step, and would lead elsewhere")
    return url


_SET_BY_US = {"host", "content-length", "transfer-encoding", "connection", "content-encoding", "accept-encoding"}


def _header_name(name: str) -> str:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):  # RFC 9110 5.6.2
        raise ValueError(f"`{name}` is no name of a header")
    if name.lower() in _SET_BY_US:
        raise ValueError(f"the header `{name}` is set by the router itself")
    return name


BaseUrl = Annotated[str, AfterValidator(_base_url)]
"""An http(s) address that paths are put behind: no user, no query, no / at its end."""

HeaderName = Annotated[str, AfterValidator(_header_name)]
"""The name of a header that a user may set."""


def signing_key(secret: str) -> bytes:
    """Return the key of a Standard Webhooks secret (`whsec_` and base64); raises ValueError.

    The specification (standard-webhooks/spec, "Signature scheme") wants 24 to 64 bytes.
    """
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not 24 <= len(key) <= 64:
        raise ValueError("must be `whsec_` and 24 to 64 bytes in base64")
    return key


def standard_signature(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the three headers that sign a body as Standard Webhooks say."""
    seconds = str(int(at.timestamp()))
    digest = hmac.digest(signing_key(secret), f"{message_id}.{seconds}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
