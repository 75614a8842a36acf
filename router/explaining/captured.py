"""Reads a captured HTTP request from a file: as it went over the wire, or as JSON."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from router.ingress.unpacking import ENCODINGS, Damaged, unpacker
from router.model import Pairs

_LINE = re.compile(r"(?P<method>[A-Z]{3,10}) (?P<target>\S+)(?: HTTP/\d(?:\.\d)?)?")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LARGEST = 64 * 1024 * 1024  # bytes that a body may unpack to
_MEMBERS = ("source", "path", "method", "query", "headers", "body", "at")


class Unreadable(Exception):
    """The file is no captured request; the text says what is wrong, where, and what is expected."""


@dataclass(frozen=True, slots=True)
class Captured:
    """A request as it was captured: `body` unpacked, `at` the time of its receipt, where the file says it.

    `path` is '' and `source` None where the file does not say them. `notes` tell what was done to the body.
    """

    method: str
    path: str
    query: Pairs
    headers: Pairs
    body: bytes
    at: datetime | None = None
    source: str | None = None
    notes: tuple[str, ...] = ()


def read_captured(raw: bytes) -> Captured:
    """Return the request that a file holds; raises Unreadable."""
    if raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return _from_json(raw)
    return _from_wire(raw)


def _from_wire(raw: bytes) -> Captured:
    head, body = _split(raw)
    lines = head.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    method, path, query = "POST", "", ""
    first = _LINE.fullmatch(lines[0].strip())
    if first is not None:
        address = urlsplit(first["target"])
        method, path, query = first["method"], address.path, address.query
        lines = lines[1:]
    headers: list[tuple[str, str]] = []
    for number, line in enumerate(lines, 2 if first else 1):
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and headers:  # folded, as some tools print long values
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
        elif colon and _HEADER.fullmatch(name.strip()):
            headers.append((name.strip(), value.strip()))
        else:
            what = "`Name: value`, and an empty line before the body" if headers or first else _WANTED
            raise Unreadable(f"line {number} is no header: `{line[:60]}`; expected is {what}")
    if not headers:
        raise Unreadable(f"it has no headers; expected is {_WANTED}")
    body, notes = _unpacked(tuple(headers), body)
    return Captured(method, path, _pairs_of(query), tuple(headers), body, notes=notes)


_WANTED = (
    "a request line (`POST /webhooks/clerk HTTP/1.1`), a line for each header, an empty line, and the body;"
    ' or JSON: {"headers": {...}, "body": "...", "at": "2026-11-25T10:00:00Z"}'
)


def _split(raw: bytes) -> tuple[bytes, bytes]:
    found = re.search(rb"\r?\n\r?\n", raw)
    if found is None:
        raise Unreadable(f"it has no empty line between the headers and the body; expected is {_WANTED}")
    return raw[: found.start()], raw[found.end() :]


def _unpacked(headers: Pairs, body: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return the body as it was before its transfer and content encodings, where it is still in them."""
    named = {name.lower(): value.strip().lower() for name, value in headers}
    notes = []
    if named.get("transfer-encoding") == "chunked" and (joined := _joined(body)) is not None:
        body = joined
        notes.append("the chunks of the body were joined")
    encoding = named.get("content-encoding", "")
    packed = body[:2] == b"\x1f\x8b" or encoding == "deflate"
    if encoding in ENCODINGS - {"", "identity"} and packed:
        stream = unpacker(encoding)
        try:
            body = stream.feed(body, _LARGEST)
            stream.finish()
            notes.append(f"the body was unpacked ({encoding})")
        except Damaged:
            raise Unreadable(f"its body is not {encoding}, as its content-encoding says") from None
    return body, tuple(notes)


def _joined(body: bytes) -> bytes | None:
    """Return the chunks of a body without their lengths (RFC 9112 section 7.1); None where there are none."""
    out = b""
    while found := re.match(rb"([0-9A-Fa-f]{1,8})(?:;[^\r\n]*)?\r?\n", body):
        size = int(found[1], 16)
        if size == 0:
            return out
        chunk = body[found.end() : found.end() + size]
        if len(chunk) < size:
            return None
        out += chunk
        body = re.sub(rb"^\r?\n", b"", body[found.end() + size :])
    return None


def _from_json(raw: bytes) -> Captured:
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"it begins with a brace and is not JSON: {error}") from None
    if not isinstance(found, dict) or "headers" not in found:
        hint = "for a payload alone name the file without --request" if isinstance(found, dict) else ""
        raise Unreadable(f"it has no `headers`; expected is {_WANTED}" + (f"; {hint}" if hint else ""))
    unknown = [key for key in found if key not in _MEMBERS]
    if unknown:
        raise Unreadable(f"`{unknown[0]}` is no member of a request; known: {', '.join(_MEMBERS)}")
    path, _, query = str(found.get("path") or "").partition("?")
    pairs = _pairs(found["headers"], "headers")
    asked = found.get("query")
    return Captured(
        method=str(found.get("method") or "POST").upper(),
        path=path,
        query=_pairs_of(query) if asked is None else _pairs(asked, "query"),
        headers=pairs,
        body=_body(found.get("body", "")),
        at=_moment(found.get("at")),
        source=None if found.get("source") is None else str(found["source"]),
    )


def _pairs(value: Any, what: str) -> Pairs:
    """Read a mapping (of texts, or of lists of them), or a list of pairs."""
    items = list(value.items()) if isinstance(value, Mapping) else value if isinstance(value, list) else None
    if items is None or not all(isinstance(item, list | tuple) and len(item) == 2 for item in items):
        raise Unreadable(f"`{what}` must be a mapping of names to texts, or a list of [name, text]")
    return tuple(
        (str(k), str(v)) for k, several in items for v in (several if isinstance(several, list) else [several])
    )


def _body(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, dict) and list(value) == ["base64"] and isinstance(value["base64"], str):
        try:
            return base64.b64decode(value["base64"], validate=True)
        except (ValueError, binascii.Error):
            raise Unreadable("`body.base64` is not base64") from None
    hint = "the signature covers its bytes, so write it as a text or as {base64: ...}"
    raise Unreadable(f"`body` must be a text: {hint}")


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unreadable("`at` must be a time such as 2026-11-25T10:00:00Z") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _pairs_of(query: str) -> Pairs:
    return tuple(parse_qsl(query, keep_blank_values=True, max_num_fields=1000))
