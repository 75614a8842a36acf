"""The scheme `hmac`: a keyed hash over a template of the request, in one header."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from router.model import RawRequest
from router.sources.freshness import check_freshness, read_timestamp, sent_in
from router.sources.scheme import ProofHeader, any_equal, as_bytes, only, refuse

ALGORITHMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}
ENCODINGS = ("hex", "base64", "base64url")
NAMES = ("body", "timestamp", "id", "method")

_HEX = re.compile(r"[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class Timestamp:
    """The header of the time that is signed: its unit (`s` or `ms`), and the seconds that it may be off."""

    header: str
    unit: str
    tolerance: float


@dataclass(frozen=True, slots=True)
class HmacScheme:
    """A digest in `header`, behind `prefix`, over the parts of `signed`: constant bytes, or one of NAMES."""

    secrets: tuple[str, ...] = field(repr=False)
    header: str
    prefix: str
    algorithm: str
    encoding: str
    signed: tuple[bytes | str, ...]
    timestamp: Timestamp | None = None
    id_header: str | None = None

    name = "hmac"
    credentials = frozenset[str]()
    signable = True

    @property
    def headers(self) -> tuple[str, ...]:
        """The signature, and what is signed beside the body."""
        names = [self.header, self.timestamp.header if self.timestamp else None, self.id_header]
        return tuple(name.lower() for name in names if name)

    @property
    def tolerance(self) -> float | None:
        """Of the timestamp, in seconds."""
        return self.timestamp.tolerance if self.timestamp else None

    def proof(self, request: RawRequest) -> tuple[ProofHeader, ...]:
        """Return the signature, and the time and the id where they are read."""
        found = [ProofHeader("signature", self.header, self.prefix)]
        if self.timestamp:
            found.append(ProofHeader("timestamp", self.timestamp.header))
        if self.id_header and "id" in self.signed:
            found.append(ProofHeader("id", self.id_header))
        return tuple(found)

    def sent_at(self, request: RawRequest) -> datetime | None:
        """Return the time in its header."""
        return sent_in(request, self.timestamp.header, unit=self.timestamp.unit) if self.timestamp else None

    def verify(self, request: RawRequest) -> None:
        """Refuse what does not carry the digest of one of the secrets, or is stale."""
        value = only(request, self.header)
        if not value.startswith(self.prefix):
            raise refuse(f"the header `{self.header}` does not begin with `{self.prefix}`")
        given = self._decode(value[len(self.prefix) :])
        sent = ""
        if self.timestamp:
            sent = only(request, self.timestamp.header)
            moment = read_timestamp(sent, self.timestamp.header, unit=self.timestamp.unit)
            check_freshness(moment, request.received_at, self.timestamp.tolerance)
        message_id = only(request, self.id_header) if self.id_header and "id" in self.signed else ""
        content = self._content(request.body, sent, message_id, request.method)
        if not any_equal([given], self._digests(content, self.secrets)):
            raise refuse(f"the signature in `{self.header}` does not fit: another secret, or a changed body")

    def message_id(self, request: RawRequest) -> str | None:
        """Return the id where it is signed."""
        return request.header(self.id_header) if self.id_header and "id" in self.signed else None

    def sign(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """Return the signature header, and those of the time and the id where the scheme reads them."""
        headers = {}
        sent = ""
        if self.timestamp:
            milliseconds = int(at.timestamp() * 1000)
            sent = str(milliseconds if self.timestamp.unit == "ms" else milliseconds // 1000)
            headers[self.timestamp.header] = sent
        if self.id_header:
            headers[self.id_header] = message_id
        digest = next(iter(self._digests(self._content(body, sent, message_id, "POST"), self.secrets[:1])))
        headers[self.header] = self.prefix + self._encode(digest)
        return headers

    def _content(self, body: bytes, sent: str, message_id: str, method: str) -> bytes:
        values = {"body": body, "timestamp": as_bytes(sent), "id": as_bytes(message_id), "method": method.encode()}
        return b"".join(part if isinstance(part, bytes) else values[part] for part in self.signed)

    def _digests(self, content: bytes, secrets: Sequence[str]) -> list[bytes]:
        return [hmac.new(secret.encode(), content, ALGORITHMS[self.algorithm]).digest() for secret in secrets]

    def _encode(self, digest: bytes) -> str:
        if self.encoding == "hex":
            return digest.hex()
        text = base64.b64encode(digest) if self.encoding == "base64" else base64.urlsafe_b64encode(digest)
        return text.decode()

    def _decode(self, text: str) -> bytes:
        """Return the digest; only what an encoder writes is read (hex in both cases, base64url unpadded too)."""
        bad = refuse(f"the signature in `{self.header}` is not {self.encoding} of a {self.algorithm} digest")
        try:
            if self.encoding == "hex":
                digest = bytes.fromhex(text) if _HEX.fullmatch(text) else b""
            else:
                raw = text.encode("ascii")
                plain = raw.translate(bytes.maketrans(b"-_", b"+/")) if self.encoding == "base64url" else raw
                padded = plain + b"=" * (-len(plain) % 4) if self.encoding == "base64url" else plain
                digest = base64.b64decode(padded, validate=True)
                if self._encode(digest).rstrip("=") != text.rstrip("="):
                    raise bad
        except (ValueError, binascii.Error):
            raise bad from None
        if len(digest) != ALGORITHMS[self.algorithm]().digest_size:
            raise bad
        return digest


def parse_signed(template: str) -> tuple[bytes | str, ...]:
    """Return the parts of a template such as `{timestamp}.{body}`; raises ValueError with what is wrong."""
    parts: list[bytes | str] = []
    for index, piece in enumerate(re.split(r"\{([^{}]*)\}", template)):
        if index % 2:
            if piece not in NAMES:
                raise ValueError(f"`{{{piece}}}` is not known: use " + ", ".join(f"`{{{n}}}`" for n in NAMES))
            parts.append(piece)
        elif "{" in piece or "}" in piece:
            raise ValueError("a brace stands alone: names are written `{body}`")
        elif piece:
            parts.append(piece.encode())
    return tuple(parts)
