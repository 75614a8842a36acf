"""How bytes are written as text in headers and secrets: hex, base64 or base64url, and never guessed."""

from __future__ import annotations

import base64
import re

ENCODINGS = ("hex", "base64", "base64url")

_HEX = re.compile(r"[0-9a-fA-F]+")


def encode(data: bytes, encoding: str) -> str:
    """Return the text of some bytes."""
    if encoding == "hex":
        return data.hex()
    return (base64.b64encode(data) if encoding == "base64" else base64.urlsafe_b64encode(data)).decode()


def decode(text: str, encoding: str) -> bytes:
    """Return the bytes of a text; ValueError for any that no encoder writes.

    Hex is read in both cases, base64url with and without its padding.
    """
    if encoding == "hex":
        if not _HEX.fullmatch(text):
            raise ValueError("not hex")
        return bytes.fromhex(text)
    raw = text.encode("ascii")
    if encoding == "base64url":
        if b"+" in raw or b"/" in raw:
            raise ValueError("not base64url")
        raw = raw.translate(bytes.maketrans(b"-_", b"+/"))
        raw += b"=" * (-len(raw) % 4)
    data = base64.b64decode(raw, validate=True)
    if not data or encode(data, encoding).rstrip("=") != text.rstrip("="):
        raise ValueError("not as an encoder writes it")
    return data
