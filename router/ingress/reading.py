"""Reads a request's body, within limits of size, time and of all requests together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web
from aiohttp.http_exceptions import ContentEncodingError

from router.errors import Rejected
from router.ingress.waiting import Held

ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})
"""Content encodings that are understood; aiohttp unpacks them before the body is read."""


class Gone(Exception):
    """The sender hung up before its body was complete."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """`size` in bytes after decompression, `seconds` for the whole body."""

    size: int
    seconds: float


async def read_body(request: web.Request, limits: BodyLimits, held: Held) -> bytes:
    """Return the body, unpacked; its bytes stay counted in `held`.

    Raises Rejected 413, 429, 408, 415 or 400 (a body that cannot be unpacked), and Gone.
    """
    if request.content_length is not None and request.content_length > limits.size:
        raise Rejected(413, f"the body has {request.content_length} bytes, and at most {limits.size} are allowed")
    body = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            while chunk := await request.content.readany():
                body.extend(chunk)
                if len(body) > limits.size:
                    raise Rejected(413, f"the body has more than {limits.size} bytes")
                if not held.take(len(chunk)):
                    raise Rejected(429, "too many bytes of bodies wait for an answer")
    except TimeoutError:
        raise Rejected(408, f"the body did not arrive within {limits.seconds:g} s") from None
    except (Rejected, asyncio.CancelledError):
        raise
    except Exception as error:  # aiohttp has many classes for a body that ends badly, not all public
        # Else aiohttp reads on after the answer, meets the same fault, and logs it with a traceback.
        request.content.feed_eof()
        raise _broken(error) from None
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ENCODINGS:
        raise Rejected(415, "the content encoding is none of gzip, deflate and identity")
    return bytes(body)


def _broken(error: BaseException) -> Exception:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ContentEncodingError):
            return Rejected(400, "the body cannot be unpacked: it is not what its content encoding says")
        cause = cause.__cause__
    if isinstance(error, ConnectionError):
        return Gone()
    return Rejected(400, f"the body is not well-formed HTTP ({type(error).__name__})")
