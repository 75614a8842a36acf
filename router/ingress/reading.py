"""Reads a request's body, within limits of size, time and of all requests together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web

from router.errors import Rejected
from router.ingress.unpacking import ENCODINGS, Damaged, unpacker
from router.ingress.waiting import Held


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
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    packed = unpacker(encoding)
    body = bytearray()
    sent = 0
    try:
        async with asyncio.timeout(limits.seconds):
            while chunk := await request.content.readany():
                sent += len(chunk)
                piece = packed.feed(chunk, limits.size - len(body))
                body.extend(piece)
                if max(len(body), sent) > limits.size:
                    raise Rejected(413, f"the body has more than {limits.size} bytes")
                if not held.take(len(piece)):
                    raise Rejected(429, "too many bytes of bodies wait for an answer")
        if sent:
            packed.finish()
    except TimeoutError:
        raise Rejected(408, f"the body did not arrive within {limits.seconds:g} s") from None
    except (Rejected, asyncio.CancelledError):
        raise
    except Damaged:
        raise Rejected(400, "the body cannot be unpacked: it is not what its content encoding says") from None
    except Exception as error:  # aiohttp has many classes for a body that ends badly, not all public
        # Else aiohttp reads on after the answer, meets the same fault, and logs it with a traceback.
        request.content.feed_eof()
        if isinstance(error, ConnectionError):
            raise Gone from None
        raise Rejected(400, f"the body is not well-formed HTTP ({type(error).__name__})") from None
    if encoding not in ENCODINGS:
        raise Rejected(415, "the content encoding is none of gzip, deflate and identity")
    return bytes(body)
