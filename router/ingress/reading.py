"""Reads a request's body, within limits of size, time and of all requests together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web

from router.errors import Rejected
from router.ingress.unpacking import ENCODINGS, Damaged, unpacker
from router.ingress.waiting import Held, Room


class Gone(Exception):
    """The sender hung up before its body was complete."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """`size` in bytes after decompression, `seconds` for the whole body."""

    size: int
    seconds: float


async def read_body(request: web.Request, limits: BodyLimits, held: Held) -> bytes:
    """Return the body, unpacked; its bytes stay counted in `held`.

    Waiting for room does not count into the body's time. Raises Rejected 413, 429, 408, 415 or 400 (a body
    that cannot be unpacked), and Gone.
    """
    if request.content_length is not None and request.content_length > limits.size:
        raise Rejected(413, f"the body has {request.content_length} bytes, and at most {limits.size} are allowed")
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    packed = unpacker(encoding)
    body = bytearray()
    sent = 0
    try:
        async with asyncio.timeout(limits.seconds) as clock:
            while chunk := await request.content.readany():
                sent += len(chunk)
                if sent > limits.size:
                    raise _too_large(limits)
                # Room comes first: many that unpack to much and then wait would fill the memory.
                most = limits.size - len(body)
                asked = min(packed.largest(chunk), most + 1, held.most)
                await _take(request, held, asked, clock)
                piece = packed.feed(chunk, most)
                body.extend(piece)
                if len(body) > limits.size:
                    raise _too_large(limits)
                if len(piece) > asked:
                    await _take(request, held, len(piece) - asked, clock)
                else:
                    held.give(asked - len(piece))
        if sent:
            packed.finish()
    except TimeoutError:
        raise Rejected(408, f"the body did not arrive within {limits.seconds:g} s") from None
    except (Rejected, Gone, asyncio.CancelledError):
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


async def _take(request: web.Request, held: Held, size: int, clock: asyncio.Timeout) -> None:
    """Wait for room, and let the clock of the body stand still meanwhile; raises Rejected 429 and Gone."""
    if held.at_once(size):
        return
    loop = asyncio.get_running_loop()
    left = (clock.when() or 0.0) - loop.time()
    clock.reschedule(None)
    room = await held.take(size, lambda: request.transport is None or request.transport.is_closing())
    clock.reschedule(loop.time() + left)
    if room is Room.GONE:
        request.content.feed_eof()  # else aiohttp reads on, and logs that nothing comes
        raise Gone
    if room is Room.NONE:
        raise Rejected(429, "too many bytes of bodies wait for an answer")


def _too_large(limits: BodyLimits) -> Rejected:
    return Rejected(413, f"the body has more than {limits.size} bytes")
