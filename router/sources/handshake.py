"""Requests by which a sender tries an address, and what they are answered: never an event."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from router.model import RawRequest
from router.sources.locator import Locator
from router.sources.respond import Response
from router.sources.scheme import any_equal, as_bytes

LONGEST = 4096
"""What is echoed may be this long, in characters."""

_TOKEN = re.compile(r"[A-Za-z0-9_+/-]{1,256}={0,2}")

ANY = object()
"""Stands for every value that is there."""

_ENCODED = {"hex": bytes.hex, "base64": lambda raw: base64.b64encode(raw).decode("ascii")}
ENCODINGS = tuple(_ENCODED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: a parameter of the address, or what `locator` says."""

    query: str | None = None
    locator: Locator | None = None

    def find(self, request: RawRequest, payload: Any) -> Any:
        """Return the value, or None where there is none."""
        if self.locator is not None:
            return self.locator.find(request, payload)
        return next((value for name, value in request.query if name == self.query), None)


@dataclass(frozen=True, slots=True)
class Digest:
    """The HMAC-SHA256 of the text at a place, keyed with the source's first secret."""

    place: Place
    encoding: str = "hex"
    prefix: str = ""


class Lacking(Exception):
    """What is to be echoed is not there, or cannot be."""


@dataclass(frozen=True, slots=True)
class Shaken:
    """The answer to a handshake; `shown` is for the operator's eyes."""

    response: Response
    shown: str | None = None


@dataclass(frozen=True, slots=True)
class Handshake:
    """One kind of them: it fits where every place of `when` has its value (ANY: some value).

    `verified` ones are answered after their verification only. `token` has to hold one of the source's
    verify tokens. `text` or `tree` is the body: constants, Place and Digest.
    """

    method: str
    when: tuple[tuple[Place, Any], ...]
    verified: bool
    token: Place | None = None
    status: int = 200
    text: Any = None
    tree: Any = None
    headers: tuple[tuple[str, Any], ...] = ()
    shows: Place | None = None
    tokens: tuple[str, ...] = field(default=(), repr=False)

    def answer(self, request: RawRequest, payload: Any, secrets: tuple[str, ...]) -> Shaken | None:
        """Return the answer; None where the request is no such handshake."""
        if request.method != self.method or not self._fits(request, payload):
            return None
        try:
            headers = [("X-Content-Type-Options", "nosniff")]
            headers += [(name, _header(_filled(v, request, payload, secrets))) for name, v in self.headers]
            body = b""
            if self.text is not None:
                body = _text(_filled(self.text, request, payload, secrets)).encode("utf-8", "replace")
                headers.append(("Content-Type", "text/plain; charset=utf-8"))
            elif self.tree is not None:
                body = json.dumps(_filled(self.tree, request, payload, secrets)).encode()
                headers.append(("Content-Type", "application/json"))
            shown = None if self.shows is None else _text(_filled(self.shows, request, payload, secrets))
        except Lacking:
            return None
        return Shaken(Response(self.status, body, tuple(headers)), shown)

    def _fits(self, request: RawRequest, payload: Any) -> bool:
        for place, wanted in self.when:
            found = place.find(request, payload)
            if found is None or (wanted is not ANY and (found != wanted or type(found) is not type(wanted))):
                return False
        if self.token is None:
            return True
        given = self.token.find(request, payload)
        return isinstance(given, str) and any_equal([as_bytes(given)], [as_bytes(token) for token in self.tokens])


def _filled(value: Any, request: RawRequest, payload: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, Place):
        found = value.find(request, payload)
        if found is None or isinstance(found, dict | list) or len(str(found)) > LONGEST:
            raise Lacking
        return found
    if isinstance(value, Digest):
        if not secrets:
            raise Lacking
        said = _text(_filled(value.place, request, payload, secrets))
        if not _TOKEN.fullmatch(said):
            raise Lacking  # else anybody could have a body of their own signed
        raw = hmac.new(as_bytes(secrets[0]), as_bytes(said), hashlib.sha256).digest()
        return value.prefix + _ENCODED[value.encoding](raw)
    if isinstance(value, Mapping):
        return {key: _filled(inner, request, payload, secrets) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, request, payload, secrets) for inner in value]
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _header(value: Any) -> str:
    said = _text(value)
    if not said.isascii() or not said.isprintable():
        raise Lacking
    return said
