"""Unpacks bodies by their content encoding, never further than asked: RFC 9110 section 8.4.1."""

from __future__ import annotations

import zlib
from typing import Any, Protocol

ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
"""The content encodings that are understood; in lower case."""

SERVER_OPTIONS: dict[str, Any] = {"auto_decompress": False}
"""For the runner of an application: bodies come as they were sent, and are unpacked here.

aiohttp itself would take a cut body for a whole one, and answer encodings that it has no package for.
"""


_MOST_TIMES = 1032  # how much larger deflated bytes can get, says zlib


class Damaged(Exception):
    """The body is not what its content encoding says."""


class Unpacker(Protocol):
    """Takes the pieces of a body, in order."""

    def largest(self, piece: bytes) -> int:
        """Return how many bytes the piece may unpack to, as far as that can be told beforehand."""

    def feed(self, piece: bytes, most: int) -> bytes:
        """Return what it unpacks to; no more than `most` + 1 bytes, after which the rest is lost."""

    def finish(self) -> None:
        """Raise Damaged where the body is not complete."""


def unpacker(encoding: str) -> Unpacker:
    """Return what unpacks this encoding; one that is unknown is left as it is."""
    if encoding in ("gzip", "x-gzip"):
        return _Packed(31)
    return _Packed(None) if encoding == "deflate" else _Plain()


class _Plain:
    def largest(self, piece: bytes) -> int:
        return len(piece)

    def feed(self, piece: bytes, most: int) -> bytes:
        return piece[: most + 1]

    def finish(self) -> None:
        pass


class _Packed:
    """`bits` are zlib's wbits; None finds out whether a deflated body has zlib's header, as it should."""

    def __init__(self, bits: int | None) -> None:
        self._bits = bits
        self._stream = None if bits is None else zlib.decompressobj(bits)

    def largest(self, piece: bytes) -> int:
        return len(piece) * _MOST_TIMES

    def feed(self, piece: bytes, most: int) -> bytes:
        if self._stream is None:
            self._bits = 15 if piece[0] & 0x0F == 8 else -15
            self._stream = zlib.decompressobj(self._bits)
        out = b""
        try:
            while piece and len(out) <= most:
                if self._stream.eof:
                    if self._bits != 31:
                        raise Damaged
                    self._stream = zlib.decompressobj(31)  # gzip allows one member after another
                out += self._stream.decompress(piece, most + 1 - len(out))
                piece = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        except zlib.error:
            raise Damaged from None
        return out

    def finish(self) -> None:
        if self._stream is not None and not self._stream.eof:
            raise Damaged
